//! Push approval, the side of the authenticator.
