//! Every form of capture gives the same packets, and whatever is no whole capture is named.

mod compressed;
mod formats;
mod loss;
mod making;
mod many;
