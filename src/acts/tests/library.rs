use super::world::World;
use crate::kernel::Actor;
use crate::readings::import::parse_article;
use crate::readings::{AddRefusal, ImportTerms, Rights, cards, import_article, reading_by_slug, readings};

const ARTICLE: &str = "Who opens the locks?

Example Republic has returned to the river talks after a pause of two years, and <b>nobody</b> knows why.

The second paragraph says what the talks are about and who sits at the table.

Demo Author 01 is a Research Intern at Example Institute.
";

fn terms(publisher: Option<&str>) -> ImportTerms {
    ImportTerms {
        publisher: publisher.map(str::to_owned),
        language: "en".parse().unwrap(),
        licence: None,
        summary: None,
        rights: Rights::Own,
    }
}

#[tokio::test]
async fn an_imported_article_reads_back_as_it_was_and_its_card_tells_of_a_text() {
    let world = World::new().await;
    let import = async |publisher| {
        let article = parse_article(ARTICLE).unwrap();
        world.db.write(Actor::Operator, async |txn| import_article(txn, article, terms(publisher)).await).await
    };
    let first = import(Some("Example Journal")).await.unwrap();
    let second = import(Some("Example Journal")).await.unwrap();
    assert_eq!((first.slug.as_str(), second.slug.as_str()), ("who-opens-the-locks", "who-opens-the-locks-2"));
    assert_eq!((first.author.as_deref(), first.author_role.as_deref()), (Some("Demo Author 01"), Some("Research Intern")));
    assert_eq!(first.body.as_ref().unwrap().paragraphs().len(), 2);
    let snapshot = world.db.snapshot().await.unwrap();
    assert_eq!(reading_by_slug(&snapshot, &first.slug).await.unwrap(), Some(first.clone()));
    assert_eq!(readings(&snapshot, &[first.id]).await.unwrap(), std::slice::from_ref(&first));
    let card = cards(&snapshot, &[first.id]).await.unwrap().remove(0);
    assert!(card.has_text && card.is_ready() && card.minutes == first.minutes);
}

#[tokio::test]
async fn a_text_that_breaks_a_rule_is_refused_with_its_field() {
    let world = World::new().await;
    let article = parse_article(ARTICLE).unwrap();
    let refused =
        world.db.write(Actor::Operator, async |txn| import_article(txn, article, terms(Some("a\u{202e}b"))).await).await;
    assert!(matches!(refused, Err(AddRefusal::Field(wrong)) if wrong.field == "publisher"));
}
