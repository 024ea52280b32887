//! The resource as the API server sees it: what it accepts and refuses, and what the CRD guarantees.

mod admission;
mod crd;
mod job_fields;
