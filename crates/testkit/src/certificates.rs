//! A certificate authority for one control plane.
//!
//! The API server's self-signed certificate is not enough, because rustls refuses it. The `openssl` program is not
//! needed.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RsaKeySize,
};

/// The object identifier of "organization" (2.5.4.10).
const ORGANIZATION: [u64; 4] = [2, 5, 4, 10];

/// Signs server and client certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

/// A certificate with its key, both as PEM.
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

/// The RSA key that signs service-account tokens, both halves as PEM.
pub struct TokenKey {
    /// For `--service-account-signing-key-file`.
    pub private: String,
    /// For `--service-account-key-file`.
    pub public: String,
}

impl Authority {
    /// A new authority with a new key.
    pub fn new() -> Self {
        let key = ec_key();
        let mut parameters = parameters(&[]);
        parameters.distinguished_name.push(DnType::CommonName, "control plane of the tests");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let certificate =
            parameters.self_signed(&key).unwrap_or_else(|e| panic!("cannot sign the CA's certificate: {e}"));
        Self { certificate: certificate.pem(), issuer: Issuer::new(parameters, key) }
    }

    /// The CA's certificate as PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// For a server on loopback.
    pub fn server(&self) -> Identity {
        let mut parameters = parameters(&["localhost", "127.0.0.1"]);
        parameters.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        self.sign(parameters, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// For a user of the API server, with at most two groups: rcgen's names have one value for each type, and there are
    /// two ways to encode the type "organization".
    pub fn client(&self, user: &str, groups: &[&str]) -> Identity {
        let types = [DnType::OrganizationName, DnType::CustomDnType(ORGANIZATION.to_vec())];
        assert!(
            groups.len() <= types.len(),
            "a client certificate can have at most {} groups here: {groups:?}",
            types.len()
        );
        let mut parameters = parameters(&[]);
        parameters.distinguished_name.push(DnType::CommonName, user);
        for (name, group) in types.into_iter().zip(groups) {
            parameters.distinguished_name.push(name, *group);
        }
        self.sign(parameters, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn sign(&self, mut parameters: CertificateParams, usage: ExtendedKeyUsagePurpose) -> Identity {
        let key = ec_key();
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![usage];
        parameters.use_authority_key_identifier_extension = true;
        let certificate =
            parameters.signed_by(&key, &self.issuer).unwrap_or_else(|e| panic!("cannot sign a certificate: {e}"));
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

impl TokenKey {
    /// A new key.
    pub fn new() -> Self {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)
            .unwrap_or_else(|e| panic!("cannot make an RSA key: {e}"));
        Self { private: key.serialize_pem(), public: key.public_key_pem() }
    }
}

fn ec_key() -> KeyPair {
    KeyPair::generate().unwrap_or_else(|e| panic!("cannot make an EC key: {e}"))
}

/// Without rcgen's default common name.
fn parameters(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut parameters = CertificateParams::new(names).unwrap_or_else(|e| panic!("not names for a certificate: {e}"));
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters
}
