{{/* Checks that the schema cannot express: relations between values, and forms whose pattern would be an unreadable message. */}}
{{- define "msel.check" -}}
{{- include "msel.checkNulls" . -}}
{{- $values := .Values -}}
{{- if and $values.region (not (regexMatch "^[a-z]{2,}(-[a-z]+)+-[0-9]+$" $values.region)) -}}
{{- fail (printf "region must be like eu-west-1, not '%s'" $values.region) -}}
{{- end -}}
{{- $level := "(off|error|warn|info|debug|trace)" -}}
{{- $directive := printf "([^,=]+=)?%s" $level -}}
{{- if not (regexMatch (printf "^%s(,%s)*$" $directive $directive) $values.log.level) -}}
{{- fail (printf "log.level must be error, warn, info, debug, trace or off, or a list of them for modules such as info,kube=debug; not '%s'" $values.log.level) -}}
{{- end -}}
{{- range $kind, $amounts := pick $values.resources "requests" "limits" -}}
{{- range $name, $amount := $amounts -}}
{{- if not (regexMatch "^[0-9]+([.][0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e[+]?[0-9]+)?$" (toString $amount)) -}}
{{- fail (printf "resources.%s.%s must be a quantity such as 100m, 1.5 or 128Mi, not '%v'" $kind $name $amount) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $values.watchNamespaces (not $values.clusterName) -}}
{{- fail "clusterName must be given with watchNamespaces: without a ClusterRole the operator cannot read the uid of kube-system, which is the default" -}}
{{- end -}}
{{- if and $values.emulator.enabled (gt (int $values.replicas) 1) -}}
{{- fail "replicas must be 1 with emulator.enabled: each Pod has its own emulator" -}}
{{- end -}}
{{- if and (not $values.leaderElection.enabled) (gt (int $values.replicas) 1) -}}
{{- fail "replicas must be 1 without leaderElection.enabled: each Pod would create jobs" -}}
{{- end -}}
{{- if and (not $values.leaderElection.enabled) $values.strategy (ne (get $values.strategy "type") "Recreate") -}}
{{- fail "strategy.type must be Recreate without leaderElection.enabled: during an update, each of two Pods would create jobs" -}}
{{- end -}}
{{- if and $values.emulator.enabled $values.eventsQueueUrl -}}
{{- fail "eventsQueueUrl must be empty with emulator.enabled: the queue does not get the emulator's events" -}}
{{- end -}}
{{- if eq (int $values.ui.port) 8080 -}}
{{- fail "ui.port must not be 8080, which is the port of the metrics and the probes" -}}
{{- end -}}
{{- if and $values.emulator.enabled (eq (int $values.ui.port) 4599) -}}
{{- fail "ui.port must not be 4599 with emulator.enabled, which is the port of the emulator" -}}
{{- end -}}
{{- range $values.extraArgs -}}
{{- if hasPrefix "--leader-elect" . -}}
{{- fail (printf "extraArgs must not have %s: use leaderElection.enabled and leaderElection.id, which also set the permissions on the Lease" .) -}}
{{- end -}}
{{- end -}}
{{- include "msel.checkEnv" . -}}
{{- include "msel.checkLabels" . -}}
{{- end -}}

{{/*
No value is null: Helm takes null for "without this default", so that the templates would have nothing to read, and an empty list of ports
would allow all. The rows of README.md name all values.
*/}}
{{- define "msel.checkNulls" -}}
{{- range regexFindAll "(?m)^[|] `[A-Za-z.]+`" (.Files.Get "README.md") -1 -}}
{{- $value := $.Values -}}
{{- $name := list -}}
{{- range trimAll "| `" . | splitList "." -}}
{{- $value = index $value . -}}
{{- $name = append $name . -}}
{{- if kindIs "invalid" $value -}}
{{- fail (printf "%s must not be null: leave it out for its default, or set it to \"\", [] or {} for none; if your values do not have it, upgrade with --reset-then-reuse-values" (join "." $name)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Kubernetes does not define which of two variables with the same name takes effect. Besides, a value also sets what belongs to its variable,
such as roles, ports and the update strategy: the variables of $always are not allowed even while the chart does not set them. Those of
$sometimes are.
*/}}
{{- define "msel.checkEnv" -}}
{{- $always := dict
  "RUST_LOG" "log.level"
  "MODELSELECTION_LOG_FORMAT" "log.format"
  "MODELSELECTION_CATALOG_SOURCE" "catalogSource"
  "MODELSELECTION_MAX_TUNING_JOBS" "maxTuningJobs"
  "MODELSELECTION_EVENTS_QUEUE_URL" "eventsQueueUrl"
  "MODELSELECTION_CLUSTER_NAME" "clusterName"
  "MODELSELECTION_NAMESPACES" "watchNamespaces"
  "MODELSELECTION_UI_LISTEN" "ui.enabled"
  "MODELSELECTION_UI_AUTHENTICATE" "ui.authenticate"
  "MODELSELECTION_LEADER_ELECT" "leaderElection.enabled"
  "MODELSELECTION_LEADER_ELECTION_ID" "leaderElection.id"
  "MODELSELECTION_LEADER_ELECTION_NAMESPACE" "namespaceOverride"
-}}
{{- $sometimes := dict
  "AWS_REGION" "region"
  "AWS_ENDPOINT_URL_SAGEMAKER" "emulator.enabled"
  "AWS_ENDPOINT_URL_S3" "emulator.enabled"
  "AWS_ACCESS_KEY_ID" "emulator.enabled"
  "AWS_SECRET_ACCESS_KEY" "emulator.enabled"
  "MODELSELECTION_MAX_SWEEP_SECONDS" "emulator.enabled"
-}}
{{- $value := merge (dict) $always $sometimes -}}
{{- $own := list -}}
{{- range include "msel.ownEnv" . | fromYamlArray -}}
{{- $own = append $own .name -}}
{{- end -}}
{{- $seen := list -}}
{{- range .Values.extraEnv -}}
{{- if or (has .name $own) (hasKey $always .name) -}}
{{- fail (printf "extraEnv must not have %s, which %s" .name (ternary (printf "the value %s sets" (get $value .name)) "the chart sets" (hasKey $value .name))) -}}
{{- end -}}
{{- if has .name $seen -}}
{{- fail (printf "extraEnv has %s twice" .name) -}}
{{- end -}}
{{- $seen = append $seen .name -}}
{{- end -}}
{{- end -}}

{{- define "msel.checkLabels" -}}
{{- $own := append (include "msel.ownLabels" . | fromYaml | keys) "app.kubernetes.io/component" -}}
{{- $maps := dict "commonLabels" .Values.commonLabels "podLabels" .Values.podLabels "monitoring.labels" .Values.monitoring.labels "monitoring.dashboardLabels" .Values.monitoring.dashboardLabels -}}
{{- range $map, $labels := $maps -}}
{{- range $key, $label := $labels -}}
{{- if has $key $own -}}
{{- fail (printf "%s must not have %s, which the chart sets and uses in selectors" $map $key) -}}
{{- end -}}
{{- if not (regexMatch "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$" $key) -}}
{{- fail (printf "%s: the key '%s' must be like team or example.com/team" $map $key) -}}
{{- end -}}
{{- if not (regexMatch "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$" $label) -}}
{{- fail (printf "%s.%s must be at most 63 letters, digits, '-', '_' and '.', not '%s'" $map $key $label) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
