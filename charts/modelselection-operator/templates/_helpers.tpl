{{/* The name of the release's objects; 40 characters leave room for what is put after it. */}}
{{- define "msel.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "msel.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "msel.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{/* Of a Deployment they can never change, so nothing that has a version or that users set. */}}
{{- define "msel.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "msel.labels" -}}
{{ include "msel.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: modelselection
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The Pods that operate; the Pod of `helm test` is none of them. */}}
{{- define "msel.podSelector" -}}
{{ include "msel.selectorLabels" . }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "msel.image" -}}
{{- $image := .Values.image -}}
{{- $registry := ternary (printf "%s/" $image.registry) "" (ne $image.registry "") -}}
{{- $version := ternary (printf "@%s" $image.digest) (printf ":%s" ($image.tag | default .Chart.AppVersion)) (ne $image.digest "") -}}
{{- printf "%s%s%s" $registry $image.repository $version -}}
{{- end -}}

{{/* All that the operator may do with selections, wherever it looks after some. */}}
{{- define "msel.rules" -}}
- apiGroups: [modelselection.dev]
  resources: [modelselections]
  # patch: only the finalizer.
  verbs: [list, watch, patch]
- apiGroups: [modelselection.dev]
  resources: [modelselections/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [configmaps]
  # What is too large for a status; found by its name, so never listed.
  verbs: [get, create, patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  # patch: an Event that repeats is counted up, not made again.
  verbs: [create, patch]
{{- end -}}

{{- define "msel.binding" -}}
subjects:
- kind: ServiceAccount
  name: {{ include "msel.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{/* Everything is told by the environment, so that `extraArgs` can overrule it. */}}
{{- define "msel.env" -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: POD_UID
  valueFrom: {fieldRef: {fieldPath: metadata.uid}}
# Releases that share a namespace do not share a leader.
- name: MODELSELECTION_LEADER_ELECTION_ID
  value: {{ include "msel.fullname" . }}
- name: MODELSELECTION_HTTP_LISTEN
  value: "[::]:8080"
- name: MODELSELECTION_LOG_FORMAT
  value: {{ .Values.log.format }}
- name: RUST_LOG
  value: {{ .Values.log.level | quote }}
- name: MODELSELECTION_CATALOG_SOURCE
  value: {{ .Values.catalogSource }}
- name: MODELSELECTION_MAX_TUNING_JOBS
  value: {{ .Values.maxTuningJobs | int | quote }}
{{- with .Values.clusterName }}
- name: MODELSELECTION_CLUSTER_NAME
  value: {{ . | quote }}
{{- end }}
{{- with .Values.watchNamespaces }}
- name: MODELSELECTION_NAMESPACES
  value: {{ join "," . | quote }}
{{- end }}
{{- with .Values.region | default (ternary "us-west-2" "" .Values.emulator.enabled) }}
- name: AWS_REGION
  value: {{ . }}
{{- end }}
{{- if .Values.emulator.enabled }}
- name: AWS_ENDPOINT_URL_SAGEMAKER
  value: http://127.0.0.1:4599
# Its files of JumpStart, for `catalogSource: s3`.
- name: AWS_ENDPOINT_URL_S3
  value: http://127.0.0.1:4599
# The emulator takes any.
- name: AWS_ACCESS_KEY_ID
  value: emulator
- name: AWS_SECRET_ACCESS_KEY
  value: emulator
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What Pod Security calls restricted, and a file system that cannot be written. */}}
{{- define "msel.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
# Of projected tokens (IRSA).
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "msel.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* One of the image's programs as a container, up to its arguments. */}}
{{- define "msel.container" -}}
image: {{ include "msel.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- include "msel.securityContext" . | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
{{- end -}}

{{/* A sidecar, since the emulator takes any signature and therefore listens on loopback only. */}}
{{- define "msel.emulator" -}}
- name: emulator
  restartPolicy: Always
  command: [sagemaker-emulator]
  args: [{{ printf "--speed=%v" .Values.emulator.speed | quote }}]
  {{- include "msel.container" . | nindent 2 }}
{{- end -}}

{{/* The fields of a Pod that the operator and its test share. */}}
{{- define "msel.podSpec" -}}
serviceAccountName: {{ include "msel.serviceAccountName" . }}
automountServiceAccountToken: true
enableServiceLinks: false
securityContext:
  {{- include "msel.podSecurityContext" . | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.extraVolumes }}
volumes:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What the schema cannot say, since it is about two values. */}}
{{- define "msel.check" -}}
{{- if and .Values.watchNamespaces (not .Values.clusterName) -}}
{{- fail "clusterName must be given with watchNamespaces: without a ClusterRole the operator cannot read the uid of kube-system that would stand for it" -}}
{{- end -}}
{{- if and .Values.emulator.enabled (gt (int .Values.replicas) 1) -}}
{{- fail "replicas must be 1 with emulator.enabled: each Pod would have an account of its own" -}}
{{- end -}}
{{- end -}}
