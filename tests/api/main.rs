//! The resource as the API server sees it: what is admitted and refused, and what the definition promises.

mod admission;
mod crd;
mod job_fields;
