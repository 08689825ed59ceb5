//! The operator's HTTP port: `/metrics`, `/livez`, `/readyz`.

use super::Server;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How long one look at the server is good for, however often the port is asked.
const PROBE_AGE: Duration = Duration::from_secs(1);

/// Serves the port until `done`.
pub async fn serve(listener: TcpListener, server: Arc<Server>, done: CancellationToken) {
    let served = axum::serve(listener, router(server))
        .with_graceful_shutdown(done.cancelled_owned())
        .await;
    if let Err(error) = served {
        warn!(%error, "the metrics port failed");
    }
}

fn router(server: Arc<Server>) -> Router {
    let port = Arc::new(Port {
        server,
        probed: Mutex::new(None),
    });
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(port)
}

struct Port {
    server: Arc<Server>,
    /// When the server was last looked for, and whether it was there.
    probed: Mutex<Option<(Instant, bool)>>,
}

async fn metrics(State(port): State<Arc<Port>>) -> Response {
    let context = &port.server.context;
    let cache = context.planner.cache_usage();
    context
        .metrics
        .plan_cache(cache.hits, cache.misses, cache.bytes);
    match context.metrics.encode() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn ready(State(port): State<Arc<Port>>) -> (StatusCode, &'static str) {
    if port.server.shutdown.drain.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n")
    } else if port.upstream_answers().await {
        (StatusCode::OK, "ok\n")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the server does not answer\n",
        )
    }
}

impl Port {
    async fn upstream_answers(&self) -> bool {
        let mut probed = self.probed.lock().await;
        if let Some((when, answer)) = *probed
            && when.elapsed() < PROBE_AGE
        {
            return answer;
        }
        let answer = self.server.connector.probe().await.is_ok();
        *probed = Some((Instant::now(), answer));
        answer
    }
}
