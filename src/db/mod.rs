pub mod columns;
pub mod rows;
