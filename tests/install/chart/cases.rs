//! Values of the chart, and their effects.

/// Values in YAML, and the expected value in an object at a JSON pointer, also in YAML: `null` if it must be absent.
pub type Case = (&'static str, &'static [(&'static str, &'static str, &'static str)]);

/// The values unchanged, and for an operator that watches only some namespaces.
pub fn both_modes(values: &str) -> Vec<String> {
    let namespaced = format!("{values}\nwatchNamespaces: [team-a, team-b]\nclusterName: prod\n");
    // No key may occur twice.
    let has_its_own = values.contains("clusterName");
    std::iter::once(values.to_owned()).chain((!has_its_own).then_some(namespaced)).collect()
}

const DEPLOYMENT: &str = "Deployment/modelselection-system/modelselection-operator";
const POD: &str = "Pod/modelselection-system/modelselection-operator-test";
const ACCOUNT: &str = "ServiceAccount/modelselection-system/modelselection-operator";
const BUDGET: &str = "PodDisruptionBudget/modelselection-system/modelselection-operator";
const POLICY: &str = "NetworkPolicy/modelselection-system/modelselection-operator";
const CRD: &str = "CustomResourceDefinition/modelselections.modelselection.dev";
const IMAGE: &str = "/spec/template/spec/containers/0/image";
const KEEP: &str = "/metadata/annotations/helm.sh~1resource-policy";
const ARGO_CD: &str = "/metadata/annotations/argocd.argoproj.io~1sync-options";
const FLUX: &str = "/metadata/annotations/kustomize.toolkit.fluxcd.io~1prune";

pub const CASES: [Case; 29] = [
    (
        "",
        &[
            (DEPLOYMENT, "/spec/replicas", "1"),
            (DEPLOYMENT, IMAGE, "ghcr.io/modelselection/modelselection-operator:0.1.0"),
            (DEPLOYMENT, "/spec/template/spec/initContainers", "null"),
            (DEPLOYMENT, "/spec/template/spec/topologySpreadConstraints", "null"),
            (ACCOUNT, "/metadata/annotations", "null"),
            (CRD, KEEP, "keep"),
            (CRD, ARGO_CD, "Prune=false"),
            (CRD, FLUX, "disabled"),
            (BUDGET, "", "null"),
            (POLICY, "", "null"),
            ("ClusterRole/modelselection-operator", "/rules/2/verbs", "[get, create, patch]"),
            ("ClusterRole/modelselection-operator", "/rules/4/resourceNames/0", "kube-system"),
            ("ClusterRole/modelselection-operator-view", "/rules/0/verbs", "[get, list, watch]"),
        ],
    ),
    // Then the uid of kube-system is not needed.
    ("clusterName: prod", &[("ClusterRole/modelselection-operator", "/rules/4", "null")]),
    (
        "watchNamespaces: [team-a]\nclusterName: prod",
        &[
            ("Role/team-a/modelselection-operator-selections", "/rules/1/verbs", "[patch]"),
            ("RoleBinding/team-a/modelselection-operator-selections", "/subjects/0/namespace", "modelselection-system"),
            ("ClusterRole/modelselection-operator-view", "", "null"),
            ("Role/team-a/modelselection-operator-view", "/rules/0/verbs", "[get, list, watch]"),
            ("Role/team-a/modelselection-operator-edit", "/rules/0/verbs", "[get, list, watch]"),
            ("Role/team-a/modelselection-operator-edit", "/rules/1/verbs/0", "create"),
        ],
    ),
    (
        "crds: {annotations: {argocd.argoproj.io/sync-options: 'Prune=false,ServerSideApply=true', note: this}}",
        &[(CRD, ARGO_CD, "Prune=false,ServerSideApply=true"), (CRD, "/metadata/annotations/note", "this")],
    ),
    (
        "replicas: 2",
        &[
            (DEPLOYMENT, "/spec/replicas", "2"),
            (DEPLOYMENT, "/spec/template/spec/topologySpreadConstraints/0/topologyKey", "topology.kubernetes.io/zone"),
            (DEPLOYMENT, "/spec/template/spec/topologySpreadConstraints/1/topologyKey", "kubernetes.io/hostname"),
            (BUDGET, "/spec/maxUnavailable", "1"),
        ],
    ),
    (
        "image: {registry: 'mirror.example:5000/hub', tag: 1.2.3, pullPolicy: Always, pullSecrets: [{name: hub}]}",
        &[
            (DEPLOYMENT, IMAGE, "mirror.example:5000/hub/modelselection/modelselection-operator:1.2.3"),
            (DEPLOYMENT, "/spec/template/spec/imagePullSecrets", "[{name: hub}]"),
            (POD, "/spec/containers/0/imagePullPolicy", "Always"),
        ],
    ),
    (
        "image: {registry: '', tag: '1', digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'}",
        &[(
            DEPLOYMENT,
            IMAGE,
            "modelselection/modelselection-operator@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        )],
    ),
    (
        "region: eu-west-1\nserviceAccount: {annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::111122223333:role/a'}}",
        &[(ACCOUNT, "/metadata/annotations", "{eks.amazonaws.com/role-arn: 'arn:aws:iam::111122223333:role/a'}")],
    ),
    (
        "serviceAccount: {create: false, name: existing}",
        &[
            (ACCOUNT, "", "null"),
            (DEPLOYMENT, "/spec/template/spec/serviceAccountName", "existing"),
            ("RoleBinding/modelselection-system/modelselection-operator", "/subjects/0/name", "existing"),
        ],
    ),
    ("serviceAccount: {create: false}", &[(DEPLOYMENT, "/spec/template/spec/serviceAccountName", "default")]),
    (
        "rbac: {create: false}\ncrds: {enabled: false}",
        &[
            ("ClusterRole/modelselection-operator", "", "null"),
            ("ClusterRole/modelselection-operator-view", "", "null"),
            ("Role/modelselection-system/modelselection-operator", "", "null"),
            (CRD, "", "null"),
        ],
    ),
    (
        "rbac: {userRoles: false}\ncrds: {keep: false}",
        &[
            ("ClusterRole/modelselection-operator-edit", "", "null"),
            (CRD, KEEP, "null"),
            (CRD, ARGO_CD, "null"),
            (CRD, FLUX, "null"),
            (CRD, "/metadata/annotations/kustomize.toolkit.fluxcd.io~1substitute", "disabled"),
        ],
    ),
    ("rbac: {configMaps: false}", &[("ClusterRole/modelselection-operator", "/rules/2/verbs", "[get]")]),
    (
        "emulator: {enabled: true, speed: 600.5}",
        &[
            (DEPLOYMENT, "/spec/template/spec/initContainers/0/command", "[sagemaker-emulator]"),
            (DEPLOYMENT, "/spec/template/spec/initContainers/0/args", "[--speed=600.5]"),
            (DEPLOYMENT, "/spec/template/spec/initContainers/0/restartPolicy", "Always"),
            // The check has an emulator of its own, because the operator's is on another Pod's loopback.
            (POD, "/spec/initContainers/0/command", "[sagemaker-emulator]"),
        ],
    ),
    (
        "networkPolicy: {enabled: true, egressPorts: [443], metricsFrom: [{namespaceSelector: {matchLabels: {team: ops}}}]}",
        &[
            (POLICY, "/spec/egress/1/ports", "[{protocol: TCP, port: 443}]"),
            (POLICY, "/spec/ingress/0/from/0/namespaceSelector/matchLabels/team", "ops"),
        ],
    ),
    // For port forwards only.
    (
        "ui: {enabled: true}\nnetworkPolicy: {enabled: true}",
        &[
            (DEPLOYMENT, "/spec/template/spec/containers/0/ports/1", "{name: ui, containerPort: 8090}"),
            ("Service/modelselection-system/modelselection-operator-ui", "", "null"),
            ("ClusterRole/modelselection-operator-ui", "", "null"),
            (POLICY, "/spec/ingress/1", "null"),
        ],
    ),
    (
        "ui: {enabled: true, authenticate: true, port: 9000}\nnetworkPolicy: {enabled: true, uiFrom: [{namespaceSelector: {}}]}",
        &[
            (DEPLOYMENT, "/spec/template/spec/containers/0/ports/1", "{name: ui, containerPort: 9000}"),
            ("Service/modelselection-system/modelselection-operator-ui", "/spec/ports/0/port", "9000"),
            ("ClusterRole/modelselection-operator-ui", "/rules/1/resources", "[subjectaccessreviews]"),
            ("ClusterRoleBinding/modelselection-operator-ui", "/subjects/0/name", "modelselection-operator"),
            (POLICY, "/spec/ingress/1/ports", "[{protocol: TCP, port: 9000}]"),
            (POLICY, "/spec/ingress/1/from", "[{namespaceSelector: {}}]"),
        ],
    ),
    (
        "monitoring: {serviceMonitor: true, podMonitor: true, rules: true, dashboard: true, interval: 1m, labels: {release: prometheus}, runbookURL: 'https://runbooks.example/'}",
        &[
            ("ServiceMonitor/modelselection-system/modelselection-operator", "/metadata/labels/release", "prometheus"),
            (
                "PodMonitor/modelselection-system/modelselection-operator",
                "/spec/podMetricsEndpoints",
                "[{port: http, interval: 1m}]",
            ),
            (
                "PrometheusRule/modelselection-system/modelselection-operator",
                "/spec/groups/0/rules/0/annotations/runbook_url",
                "https://runbooks.example/ModelSelectionOperatorDown.md",
            ),
            (
                "ConfigMap/modelselection-system/modelselection-operator-dashboard",
                "/metadata/labels/grafana_dashboard",
                "'1'",
            ),
        ],
    ),
    (
        "extraArgs: [--concurrency=8]\nextraEnv: [{name: AWS_USE_FIPS_ENDPOINT, value: 'true'}]\nextraVolumes: [{name: ca, configMap: {name: ca}}]\nextraVolumeMounts: [{name: ca, mountPath: /etc/ssl/certs, readOnly: true}]",
        &[
            (DEPLOYMENT, "/spec/template/spec/containers/0/args", "[--concurrency=8]"),
            (POD, "/spec/containers/0/args", "[--concurrency=8]"),
            (DEPLOYMENT, "/spec/template/spec/containers/0/volumeMounts/0/mountPath", "/etc/ssl/certs"),
            (POD, "/spec/volumes/0/name", "ca"),
        ],
    ),
    (
        "replicas: 3\npriorityClassName: system-cluster-critical\nnodeSelector: {kubernetes.io/arch: arm64}\ntolerations: [{key: spot, operator: Exists}]\naffinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: spot, operator: DoesNotExist}]}}]}}\ntopologySpreadConstraints: [{topologyKey: rack, maxSkew: 2, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app.kubernetes.io/component: operator}}}]\nresources: {requests: {memory: 128Mi}}\npodLabels: {team: ml}\npodAnnotations: {note: this}",
        &[
            (DEPLOYMENT, "/spec/template/spec/priorityClassName", "system-cluster-critical"),
            (DEPLOYMENT, "/spec/template/spec/nodeSelector", "{kubernetes.io/arch: arm64}"),
            (DEPLOYMENT, "/spec/template/spec/tolerations/0/key", "spot"),
            (DEPLOYMENT, "/spec/template/spec/affinity/podAffinity", "null"),
            (DEPLOYMENT, "/spec/template/spec/topologySpreadConstraints/0/topologyKey", "rack"),
            (DEPLOYMENT, "/spec/template/spec/topologySpreadConstraints/1", "null"),
            (DEPLOYMENT, "/spec/template/spec/containers/0/resources/requests", "{cpu: 50m, memory: 128Mi}"),
            (DEPLOYMENT, "/spec/template/metadata/labels/team", "ml"),
            (DEPLOYMENT, "/spec/template/metadata/annotations/note", "this"),
            (DEPLOYMENT, "/spec/selector/matchLabels/team", "null"),
            (POD, "/spec/priorityClassName", "system-cluster-critical"),
        ],
    ),
    (
        "fullnameOverride: msel\ncommonLabels: {team: ml}\nlog: {format: text, level: 'info,kube=debug'}\ncatalogSource: s3\nmaxTuningJobs: 5",
        &[
            ("Deployment/modelselection-system/msel", "/metadata/labels/team", "ml"),
            ("Deployment/modelselection-system/msel", "/spec/template/metadata/labels/team", "ml"),
            ("Deployment/modelselection-system/msel", "/spec/selector/matchLabels/team", "null"),
            ("Role/modelselection-system/msel", "/rules/1/resourceNames", "[msel]"),
            (CRD, "/metadata/labels/team", "ml"),
        ],
    ),
    (
        "nameOverride: tuner\nnamespaceOverride: team-b",
        &[
            (
                "Deployment/team-b/modelselection-operator-tuner",
                "/spec/selector/matchLabels/app.kubernetes.io~1name",
                "tuner",
            ),
            ("RoleBinding/team-b/modelselection-operator-tuner", "/subjects/0/namespace", "team-b"),
            ("ClusterRoleBinding/modelselection-operator-tuner", "/subjects/0/namespace", "team-b"),
            ("Pod/team-b/modelselection-operator-tuner-test", "/spec/restartPolicy", "Never"),
        ],
    ),
    (
        "global: {imageRegistry: mirror.example, imagePullSecrets: [{name: all}], of: another chart}\nimage: {pullSecrets: [{name: one}, {name: all}]}",
        &[
            (DEPLOYMENT, IMAGE, "mirror.example/modelselection/modelselection-operator:0.1.0"),
            (DEPLOYMENT, "/spec/template/spec/imagePullSecrets", "[{name: all}, {name: one}]"),
        ],
    ),
    // OpenShift chooses the user.
    (
        "podSecurityContext: {runAsUser: null, runAsGroup: null, fsGroup: null}\nsecurityContext: {readOnlyRootFilesystem: false}",
        &[
            (
                DEPLOYMENT,
                "/spec/template/spec/securityContext",
                "{runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}",
            ),
            (DEPLOYMENT, "/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem", "false"),
            (POD, "/spec/containers/0/securityContext/allowPrivilegeEscalation", "false"),
        ],
    ),
    (
        "leaderElection: {enabled: false}",
        &[
            (DEPLOYMENT, "/spec/strategy", "{type: Recreate}"),
            ("Role/modelselection-system/modelselection-operator", "", "null"),
        ],
    ),
    (
        "leaderElection: {enabled: false}\nstrategy: {type: Recreate}\nui: {enabled: true, port: 4599}",
        &[(DEPLOYMENT, "/spec/strategy", "{type: Recreate}")],
    ),
    (
        "leaderElection: {id: shared}\nstrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0}}\nrevisionHistoryLimit: 1\nterminationGracePeriodSeconds: 60\ndnsPolicy: None\ndnsConfig: {nameservers: [10.0.0.10], options: [{name: ndots, value: '1'}]}",
        &[
            ("Role/modelselection-system/modelselection-operator", "/rules/1/resourceNames", "[shared]"),
            (DEPLOYMENT, "/spec/strategy/rollingUpdate/maxSurge", "0"),
            (DEPLOYMENT, "/spec/revisionHistoryLimit", "1"),
            (DEPLOYMENT, "/spec/template/spec/terminationGracePeriodSeconds", "60"),
            (DEPLOYMENT, "/spec/template/spec/dnsPolicy", "None"),
            (POD, "/spec/dnsConfig/options/0/name", "ndots"),
        ],
    ),
    (
        "emulator: {enabled: true}\nenvFrom: [{secretRef: {name: aws}}]\ninitContainers: [{name: wait, image: wait, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]\nextraContainers: [{name: proxy, image: proxy, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]\nextraObjects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: '{{ .Release.Name }}-more', namespace: '{{ .Release.Namespace }}'}}]",
        &[
            (DEPLOYMENT, "/spec/template/spec/containers/0/envFrom/0/secretRef/name", "aws"),
            (DEPLOYMENT, "/spec/template/spec/containers/1/name", "proxy"),
            (DEPLOYMENT, "/spec/template/spec/initContainers/0/name", "wait"),
            (DEPLOYMENT, "/spec/template/spec/initContainers/1/name", "emulator"),
            (POD, "/spec/containers/0/envFrom/0/secretRef/name", "aws"),
            (POD, "/spec/containers/1", "null"),
            (POD, "/spec/initContainers/0/name", "wait"),
            ("ConfigMap/modelselection-system/modelselection-operator-more", "/kind", "ConfigMap"),
        ],
    ),
    (
        "networkPolicy: {enabled: true, extraEgress: [{ports: [{port: 4318}]}]}",
        &[(POLICY, "/spec/egress/3/ports/0/port", "4318")],
    ),
];

/// Values that are refused, and parts of the message.
pub const REFUSED: [(&str, &[&str]); 56] = [
    ("replica: 2", &["'replica' not allowed"]),
    ("replicas: two", &["/replicas", "got string, want integer"]),
    ("replicas: -1", &["/replicas", "minimum"]),
    ("image: {tga: x}", &["/image", "'tga' not allowed"]),
    ("image: {tag: 1.2}", &["/image/tag", "want string"]),
    ("image: {digest: 'sha256:12'}", &["/image/digest", "sha256:12"]),
    ("image: {pullPolicy: Sometimes}", &["/image/pullPolicy", "'IfNotPresent'"]),
    ("image: {repository: 'UPPER'}", &["/image/repository", "UPPER"]),
    ("image: {registry: 'https://mirror.example'}", &["/image/registry", "https://mirror.example"]),
    ("image: {pullSecrets: [hub]}", &["/image/pullSecrets/0"]),
    ("region: Frankfurt", &["region must be like eu-west-1", "Frankfurt"]),
    ("region: us-west-2a", &["region must be like eu-west-1", "us-west-2a"]),
    ("log: {level: loud}", &["log.level must be error, warn, info", "loud"]),
    ("log: {level: 'info,kube=loud'}", &["log.level must be", "info,kube=loud"]),
    ("resources: {limits: {memory: 256MB}}", &["resources.limits.memory must be a quantity such as", "256MB"]),
    ("resources: {requests: {cpu: half}}", &["resources.requests.cpu must be a quantity such as", "half"]),
    ("podLabels: {'the team': ml}", &["podLabels: the key 'the team' must be like"]),
    ("commonLabels: {team: 'm l'}", &["commonLabels.team must be at most 63", "m l"]),
    ("podLabels: {app.kubernetes.io/component: mine}", &["podLabels must not have app.kubernetes.io/component"]),
    ("commonLabels: {app.kubernetes.io/name: mine}", &["commonLabels must not have app.kubernetes.io/name"]),
    (
        "region: eu-west-1\nextraEnv: [{name: AWS_REGION, value: a}]",
        &["extraEnv must not have AWS_REGION", "value region"],
    ),
    ("extraEnv: [{name: RUST_LOG, value: a}]", &["extraEnv must not have RUST_LOG", "value log.level"]),
    (
        "extraEnv: [{name: MODELSELECTION_LEADER_ELECT, value: 'false'}]",
        &["extraEnv must not have MODELSELECTION_LEADER_ELECT", "value leaderElection.enabled"],
    ),
    (
        "extraEnv: [{name: MODELSELECTION_LEADER_ELECTION_NAMESPACE, value: a}]",
        &["extraEnv must not have MODELSELECTION_LEADER_ELECTION_NAMESPACE", "value namespaceOverride"],
    ),
    ("extraEnv: [{name: POD_NAME, value: a}]", &["extraEnv must not have POD_NAME", "the chart sets"]),
    ("extraEnv: [{name: A, value: a}, {name: A, value: b}]", &["extraEnv has A twice"]),
    ("leaderElection: {enabled: false}\nreplicas: 2", &["replicas must be 1 without leaderElection.enabled"]),
    (
        "leaderElection: {enabled: false}\nstrategy: {type: RollingUpdate}",
        &["strategy.type must be Recreate without leaderElection.enabled"],
    ),
    // Its type is RollingUpdate.
    (
        "leaderElection: {enabled: false}\nstrategy: {rollingUpdate: {maxSurge: 1}}",
        &["strategy.type must be Recreate without leaderElection.enabled"],
    ),
    ("extraArgs: [--leader-elect=false]", &["extraArgs must not have --leader-elect=false", "leaderElection.enabled"]),
    ("global: {imageRegistry: 'https://mirror.example'}", &["/global/imageRegistry", "https://mirror.example"]),
    ("dnsPolicy: Cluster", &["/dnsPolicy", "'ClusterFirst'"]),
    ("terminationGracePeriodSeconds: 19", &["/terminationGracePeriodSeconds", "minimum"]),
    ("extraObjects: [{kind: ConfigMap}]", &["/extraObjects/0", "apiVersion"]),
    ("clusterName: 'a,b'", &["/clusterName", "a,b"]),
    ("watchNamespaces: team-a", &["/watchNamespaces", "want array"]),
    ("watchNamespaces: [Team]", &["/watchNamespaces/0", "Team"]),
    ("watchNamespaces: [a, a]", &["/watchNamespaces"]),
    ("watchNamespaces: [a]", &["clusterName must be given"]),
    ("catalogSource: file", &["/catalogSource", "'hub', 's3'"]),
    ("maxTuningJobs: 0", &["/maxTuningJobs", "minimum"]),
    ("eventsQueueUrl: modelselection-events", &["/eventsQueueUrl", "modelselection-events"]),
    ("log: {format: xml}", &["/log/format", "'json', 'text'"]),
    (
        "serviceAccount: {annotations: {eks.amazonaws.com/role-arn: operator}}",
        &["/serviceAccount/annotations/eks.amazonaws.com~1role-arn", "operator"],
    ),
    ("crds: {keep: 'yes'}", &["/crds/keep", "want boolean"]),
    ("extraEnv: [{value: x}]", &["/extraEnv/0", "name"]),
    ("emulator: true", &["/emulator", "want object"]),
    ("emulator: {enabled: true}\nreplicas: 2", &["replicas must be 1 with emulator.enabled"]),
    (
        "emulator: {enabled: true}\neventsQueueUrl: https://sqs.us-west-2.amazonaws.com/111122223333/events",
        &["eventsQueueUrl must be empty with emulator.enabled"],
    ),
    ("ui: {port: '8090'}", &["/ui/port", "want integer"]),
    ("ui: {enabled: true, port: 8080}", &["ui.port must not be 8080"]),
    ("ui: {enabled: true, port: 4599}\nemulator: {enabled: true}", &["ui.port must not be 4599 with emulator.enabled"]),
    (
        "extraEnv: [{name: MODELSELECTION_UI_LISTEN, value: '[::]:80'}]",
        &["extraEnv must not have MODELSELECTION_UI_LISTEN", "value ui.enabled"],
    ),
    ("networkPolicy: {egressPorts: [70000]}", &["/networkPolicy/egressPorts/0", "maximum"]),
    ("monitoring: {interval: soon}", &["/monitoring/interval", "soon"]),
    ("monitoring: {runbookURL: 'https://runbooks.example'}", &["/monitoring/runbookURL", "https://runbooks.example"]),
];
