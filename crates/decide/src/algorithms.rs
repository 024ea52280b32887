//! SageMaker's built-in algorithms: their images, and the metrics that they report.
//!
//! SageMaker reads the metrics of these images with its own definitions, and refuses a job that has other definitions
//! ("You can't override the metric definitions for Amazon SageMaker algorithms").

use std::collections::BTreeMap;

/// One of SageMaker's built-in algorithms.
#[derive(Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// The repository of its image.
    pub repository: &'static str,
    /// The metrics that it can be tuned for, as listed on its page in SageMaker's developer guide.
    pub metrics: &'static [&'static str],
}

/// The registries of the images: one or more accounts in each region, older and newer ones. Source: the image URIs of
/// the SageMaker Python SDK 2.257.7 (`image_uri_config`).
const ACCOUNTS: [&str; 86] = [
    "104374241257",
    "106583098589",
    "108575199400",
    "121021644041",
    "124985052026",
    "141502667606",
    "156387875391",
    "174872318107",
    "190319476487",
    "204372634319",
    "224300973850",
    "226302683700",
    "237065988967",
    "246618743249",
    "249704162688",
    "257386234256",
    "257758044811",
    "258307448986",
    "266724342769",
    "272398656194",
    "281123927165",
    "286214385809",
    "293181348795",
    "297031611018",
    "306986355934",
    "341280168497",
    "351501993468",
    "353608530281",
    "354813040037",
    "366743142698",
    "382416733822",
    "387376663083",
    "390948362332",
    "404615174143",
    "414596584902",
    "433757028032",
    "438346466558",
    "450853457545",
    "451049120500",
    "455444449433",
    "469771592824",
    "475088953585",
    "490574956308",
    "492215442770",
    "495149712605",
    "501404015308",
    "510948584623",
    "514117268639",
    "522234722520",
    "544295431143",
    "566113047672",
    "628508329040",
    "632365934929",
    "633353088612",
    "644912444149",
    "651117190479",
    "659782779980",
    "662702820516",
    "664544806723",
    "669576153137",
    "680994064768",
    "683313688378",
    "685385470294",
    "712309505854",
    "720646828776",
    "737474898029",
    "746614075791",
    "749696950732",
    "764974769150",
    "765400339828",
    "766337827248",
    "783357654285",
    "801668240914",
    "811284229777",
    "813361260812",
    "825641698319",
    "833128469047",
    "835164637446",
    "855470959533",
    "867004704886",
    "898809789911",
    "951798379941",
    "978288397137",
    "991648021394",
    "999678624901",
    "999911452149",
];

/// The metrics in the developer guide, and the other `eval_metric` values that the containers log.
const XGBOOST: &[&str] = &[
    "validation:accuracy",
    "validation:auc",
    "validation:aucpr",
    "validation:balanced_accuracy",
    "validation:error",
    "validation:f1",
    "validation:f1_binary",
    "validation:f1_macro",
    "validation:gamma-deviance",
    "validation:gamma-nloglik",
    "validation:logloss",
    "validation:mae",
    "validation:map",
    "validation:merror",
    "validation:mlogloss",
    "validation:mse",
    "validation:ndcg",
    "validation:poisson-nloglik",
    "validation:precision",
    "validation:precision_macro",
    "validation:precision_micro",
    "validation:r2",
    "validation:recall",
    "validation:recall_macro",
    "validation:recall_micro",
    "validation:rmse",
    "validation:tweedie-nloglik",
];

/// The algorithms, by repository. `pca` reports no metric that it could be tuned for.
pub const ALGORITHMS: [Algorithm; 18] = [
    Algorithm { repository: "blazingtext", metrics: &["train:mean_rho", "validation:accuracy"] },
    Algorithm {
        repository: "factorization-machines",
        metrics: &[
            "test:binary_classification_accuracy",
            "test:binary_classification_cross_entropy",
            "test:binary_f_beta",
            "test:rmse",
        ],
    },
    Algorithm {
        repository: "forecasting-deepar",
        metrics: &["test:RMSE", "test:mean_wQuantileLoss", "train:final_loss"],
    },
    Algorithm { repository: "image-classification", metrics: &["validation:accuracy"] },
    Algorithm { repository: "ipinsights", metrics: &["validation:discriminator_auc"] },
    Algorithm { repository: "kmeans", metrics: &["test:msd", "test:ssd"] },
    Algorithm { repository: "knn", metrics: &["test:accuracy", "test:mse"] },
    Algorithm { repository: "lda", metrics: &["test:pwll"] },
    Algorithm {
        repository: "linear-learner",
        metrics: &[
            "test:absolute_loss",
            "test:binary_classification_accuracy",
            "test:binary_f_beta",
            "test:dcg",
            "test:macro_f_beta",
            "test:macro_precision",
            "test:macro_recall",
            "test:mse",
            "test:multiclass_accuracy",
            "test:multiclass_top_k_accuracy",
            "test:objective_loss",
            "test:precision",
            "test:recall",
            "test:roc_auc_score",
            "validation:absolute_loss",
            "validation:binary_classification_accuracy",
            "validation:binary_f_beta",
            "validation:dcg",
            "validation:macro_f_beta",
            "validation:macro_precision",
            "validation:macro_recall",
            "validation:mse",
            "validation:multiclass_accuracy",
            "validation:multiclass_top_k_accuracy",
            "validation:objective_loss",
            "validation:precision",
            "validation:recall",
            "validation:rmse",
            "validation:roc_auc_score",
        ],
    },
    Algorithm { repository: "ntm", metrics: &["validation:total_loss"] },
    Algorithm { repository: "object-detection", metrics: &["validation:mAP"] },
    Algorithm {
        repository: "object2vec",
        metrics: &[
            "test:accuracy",
            "test:cross_entropy",
            "test:mean_squared_error",
            "validation:accuracy",
            "validation:cross_entropy",
            "validation:mean_squared_error",
        ],
    },
    Algorithm { repository: "pca", metrics: &[] },
    Algorithm { repository: "randomcutforest", metrics: &["test:f1"] },
    Algorithm { repository: "sagemaker-xgboost", metrics: XGBOOST },
    Algorithm { repository: "semantic-segmentation", metrics: &["validation:mIOU", "validation:pixel_accuracy"] },
    Algorithm { repository: "seq2seq", metrics: &["validation:accuracy", "validation:bleu", "validation:perplexity"] },
    Algorithm { repository: "xgboost", metrics: XGBOOST },
];

/// The built-in algorithm in `image`, for any region; `None` for other images.
///
/// `hyperparameters` matter for `XGBoost`: with a user's script (`sagemaker_program`), its container is a framework,
/// not an algorithm.
pub fn of_image(image: &str, hyperparameters: &BTreeMap<String, String>) -> Option<&'static Algorithm> {
    let (host, path) = image.split_once('/')?;
    let (account, _) = host.split_once(".dkr.ecr.")?;
    let repository = path.split([':', '@']).next()?;
    let algorithm = ALGORITHMS.iter().find(|algorithm| algorithm.repository == repository)?;
    let scripted = repository == "sagemaker-xgboost" && hyperparameters.contains_key("sagemaker_program");
    (ACCOUNTS.contains(&account) && !scripted).then_some(algorithm)
}

impl Algorithm {
    /// Whether it may report `metric`. The guide lists only a few of the metrics of training, so every name that begins
    /// with `train:` is accepted, and so is SageMaker's own `ObjectiveMetric`.
    pub fn may_report(&self, metric: &str) -> bool {
        self.metrics.contains(&metric) || metric.starts_with("train:") || metric == "ObjectiveMetric"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_identified_by_registry_and_repository_in_every_region() {
        for (image, repository) in [
            ("811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:1", Some("xgboost")),
            ("433757028032.dkr.ecr.us-west-2.amazonaws.com/xgboost:latest", Some("xgboost")),
            ("246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1", Some("sagemaker-xgboost")),
            ("174872318107.dkr.ecr.us-west-2.amazonaws.com/kmeans@sha256:0123", Some("kmeans")),
            ("390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/knn:1", Some("knn")),
            ("266724342769.dkr.ecr.us-west-2.amazonaws.com/lda", Some("lda")),
            // A framework in the same registry, a user's copy, a repository below another one.
            ("246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1", None),
            ("111122223333.dkr.ecr.us-east-1.amazonaws.com/xgboost:1", None),
            ("811284229777.dkr.ecr.us-east-1.amazonaws.com/team/xgboost:1", None),
            ("763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.9-gpu-py39", None),
            ("docker.io/xgboost:1", None),
            ("xgboost:1", None),
            ("", None),
        ] {
            let found = of_image(image, &BTreeMap::new()).map(|algorithm| algorithm.repository);
            assert_eq!(found, repository, "{image}");
        }
    }

    #[test]
    fn xgboost_with_a_script_is_a_framework() {
        let script = [("sagemaker_program".to_owned(), "train.py".to_owned())].into();
        assert_eq!(of_image("246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1", &script), None);
        assert!(of_image("433757028032.dkr.ecr.us-west-2.amazonaws.com/xgboost:1", &script).is_some());
    }

    #[test]
    fn the_table_is_sorted_and_accounts_are_distinct() {
        assert!(ACCOUNTS.is_sorted_by(|a, b| a < b));
        assert!(ALGORITHMS.is_sorted_by(|a, b| a.repository < b.repository));
        for algorithm in &ALGORITHMS {
            assert!(algorithm.metrics.is_sorted_by(|a, b| a < b), "{}", algorithm.repository);
        }
    }

    #[test]
    fn metrics_of_training_are_not_checked() {
        let xgboost = of_image("811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:1", &BTreeMap::new()).unwrap();
        for (metric, expected) in [
            ("validation:auc", true),
            ("train:auc", true),
            ("ObjectiveMetric", true),
            ("auc", false),
            ("validation:acu", false),
        ] {
            assert_eq!(xgboost.may_report(metric), expected, "{metric}");
        }
    }
}
