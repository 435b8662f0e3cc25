//! What the edge keeps, for how long, and for whom.
//!
//! HTTP leaves a cache many choices; CloudFront has made them, and some are surprising: an error is kept although its
//! origin says `no-store`, a minimum TTL keeps what is private, an old copy hides an outage. Sources:
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html> (how long),
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html> (errors, old copies),
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-the-cache-key.html> (for whom),
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Invalidation.html> (how it is taken back).

mod directives;
mod invalidation;
mod key;
mod lifetime;

pub use directives::Directives;
pub use invalidation::{InvalidationError, InvalidationPath};
pub use key::{CacheKey, KeyRequest};
pub use lifetime::{error_lifetime, object_lifetime, serves_stale_on_error, serves_stale_while_revalidating};
