//! AWS services that the kubectl plugin asks beside SageMaker.
