//! Where requests go: a router that another may take the place of while connections stay open.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;

/// A router that can be changed. Each request goes to the one that is there when it arrives, and stays with it.
#[derive(Clone)]
pub struct Entrance(Arc<RwLock<Router>>);

impl Entrance {
    /// Begins with a router.
    #[must_use]
    pub fn to(router: Router) -> Self {
        Self(Arc::new(RwLock::new(router)))
    }

    /// Leads what comes from now on to another.
    pub fn lead_to(&self, router: Router) {
        // No code panics while it holds this lock, and a router is whole in any case.
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = router;
    }

    pub(super) fn router(&self) -> Router {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl From<Router> for Entrance {
    fn from(router: Router) -> Self {
        Self::to(router)
    }
}
