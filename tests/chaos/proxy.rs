//! The reverse proxy in front of several processes: each connection goes to the next of them, and to another one only where nobody
//! listens. What was accepted is never sent twice.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[derive(Debug)]
pub struct Proxy {
    pub port: u16,
    behind: Arc<Mutex<Vec<u16>>>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let behind: Arc<Mutex<Vec<u16>>> = Arc::default();
        let known = behind.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let order = {
                    let mut known = known.lock().unwrap();
                    if !known.is_empty() {
                        known.rotate_left(1);
                    }
                    known.clone()
                };
                tokio::spawn(pass(client, order));
            }
        });
        Self { port, behind, task }
    }

    /// Sends connections to a process that listens on this port, too.
    pub fn add(&self, port: u16) {
        self.behind.lock().unwrap().push(port);
    }

    /// Forgets a process that has ended.
    pub fn remove(&self, port: u16) {
        self.behind.lock().unwrap().retain(|known| *known != port);
    }
}

/// A broken connection behind breaks the one in front: the client sees it.
async fn pass(mut client: TcpStream, order: Vec<u16>) {
    for port in order {
        match TcpStream::connect(("127.0.0.1", port)).await {
            Ok(mut server) => {
                let _ = copy_bidirectional(&mut client, &mut server).await;
                return;
            }
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            Err(_) => return,
        }
    }
}
