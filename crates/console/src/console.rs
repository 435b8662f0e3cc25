//! The running console: listens, serves connections, takes idle labs down.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::app::App;
use crate::error::ConsoleError;
use crate::options::ConsoleOptions;
use crate::route::Route;

/// The longest a client may take to send a request's head.
const HEAD: Duration = Duration::from_secs(10);
/// The most connections at a time: a class of forty with a few tabs each.
const CONNECTIONS: usize = 256;
/// How often idle labs are looked for.
const SWEEP: Duration = Duration::from_secs(20);

/// A running console. Dropping it stops everything; [`Console::shutdown`] waits until it has stopped.
pub struct Console {
    app: Arc<App>,
    stop: CancellationToken,
    acceptor: AbortOnDropHandle<()>,
    _sweeper: AbortOnDropHandle<()>,
}

impl Console {
    /// Listens on 127.0.0.1.
    pub async fn start(options: ConsoleOptions) -> Result<Self, ConsoleError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        let failed = |source| ConsoleError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let app = Arc::new(App::new(options, listener.local_addr().map_err(failed)?)?);
        let stop = CancellationToken::new();
        let acceptor = AbortOnDropHandle::new(tokio::spawn(accept(listener, app.clone(), stop.clone())));
        let sweeper = AbortOnDropHandle::new(tokio::spawn(sweep(app.clone())));
        Ok(Self { app, stop, acceptor, _sweeper: sweeper })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.app.address()
    }

    /// The address to open in a browser. It holds the token: who knows it may come in.
    pub fn url(&self) -> String {
        let enter = Route::Enter(self.app.token().to_owned());
        format!("http://{}{}", self.address(), enter.path())
    }

    /// How many labs are up or being taken down.
    pub fn labs(&self) -> usize {
        self.app.labs()
    }

    /// Takes down the labs that nobody has used for the idle time. The console does so by itself as well.
    pub async fn sweep(&self) {
        self.app.sweep().await;
    }

    /// Takes all labs down and waits for it.
    pub async fn shutdown(self) {
        self.stop.cancel();
        // The acceptor only ends or is aborted; either way it is gone.
        let _ = self.acceptor.await;
        self.app.end().await;
    }
}

async fn sweep(app: Arc<App>) {
    let mut ticks = tokio::time::interval(SWEEP);
    loop {
        ticks.tick().await;
        app.sweep().await;
    }
}

async fn accept(listener: TcpListener, app: Arc<App>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS => {
                if let Ok((tcp, _)) = accepted {
                    connections.spawn(serve(tcp, app.clone()));
                }
            }
        }
    }
}

async fn serve(tcp: TcpStream, app: Arc<App>) {
    let _ = tcp.set_nodelay(true);
    let service = service_fn(move |request| {
        let app = app.clone();
        async move { Ok::<_, Infallible>(app.answer(request).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    // A browser that breaks off concerns nobody else.
    let _ = builder.serve_connection(TokioIo::new(tcp), service).await;
}
