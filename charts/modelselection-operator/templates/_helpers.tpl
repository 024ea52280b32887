{{- define "msel.name" -}}
{{- .Values.nameOverride | default .Chart.Name -}}
{{- end -}}

{{- define "msel.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end -}}

{{/* The name of the release's objects: 53 of 63 characters, which leaves room for suffixes. */}}
{{- define "msel.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "msel.name" .) .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "msel.name" .) | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "msel.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "msel.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{/* Selector labels of a Deployment are immutable, so they contain no version; the comment of `nameOverride` says so. */}}
{{- define "msel.selectorLabels" -}}
app.kubernetes.io/name: {{ include "msel.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "msel.ownLabels" -}}
{{ include "msel.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: modelselection
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "msel.labels" -}}
{{ include "msel.ownLabels" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Selects the operator's Pods, without the Pod of `helm test`. */}}
{{- define "msel.podSelector" -}}
{{ include "msel.selectorLabels" . }}
app.kubernetes.io/component: operator
{{- end -}}

{{/* The first occurrence of a label wins. msel.check makes sure that no map contains a selector label. */}}
{{- define "msel.podLabels" -}}
{{ toYaml (merge (dict) .Values.podLabels .Values.commonLabels (include "msel.podSelector" . | fromYaml)) }}
{{- end -}}

{{/* For `list ROOT LABELS`: the labels of all objects and LABELS; LABELS win. */}}
{{- define "msel.labelsAnd" -}}
{{ toYaml (merge (dict) (index . 1) (include "msel.labels" (index . 0) | fromYaml)) }}
{{- end -}}

{{- define "msel.leaseName" -}}
{{- .Values.leaderElection.id | default (include "msel.fullname" .) -}}
{{- end -}}

{{- define "msel.image" -}}
{{- $image := .Values.image -}}
{{- $from := .Values.global.imageRegistry | default $image.registry -}}
{{- $registry := ternary (printf "%s/" $from) "" (ne $from "") -}}
{{- $version := ternary (printf "@%s" $image.digest) (printf ":%s" ($image.tag | default .Chart.AppVersion)) (ne $image.digest "") -}}
{{- printf "%s%s%s" $registry $image.repository $version -}}
{{- end -}}

{{/* All permissions that the operator has in the namespaces that it watches. */}}
{{- define "msel.rules" -}}
- apiGroups: [modelselection.dev]
  resources: [modelselections]
  # patch is for the finalizer only.
  verbs: [list, watch, patch]
- apiGroups: [modelselection.dev]
  resources: [modelselections/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [configmaps]
  # Tables that are too large for a status, and the winner (resultConfigMap). The operator knows their names and never lists
  # them. It also gets those that `observed` names.
  verbs: {{ ternary "[get, create, patch]" "[get]" .Values.rbac.configMaps }}
- apiGroups: [events.k8s.io]
  resources: [events]
  # patch increases the count of a repeated Event.
  verbs: [create, patch]
{{- end -}}

{{- define "msel.binding" -}}
subjects:
- kind: ServiceAccount
  name: {{ include "msel.serviceAccountName" . | quote }}
  namespace: {{ include "msel.namespace" . | quote }}
{{- end -}}

{{/* All settings are environment variables, so that `extraArgs` can override them. */}}
{{- define "msel.env" -}}
{{ include "msel.ownEnv" . }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "msel.ownEnv" -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: POD_UID
  valueFrom: {fieldRef: {fieldPath: metadata.uid}}
{{- if .Values.leaderElection.enabled }}
# Releases in the same namespace have different Leases.
- name: MODELSELECTION_LEADER_ELECTION_ID
  value: {{ include "msel.leaseName" . | quote }}
{{- else }}
- name: MODELSELECTION_LEADER_ELECT
  value: "false"
{{- end }}
- name: MODELSELECTION_HTTP_LISTEN
  value: "[::]:8080"
{{- if .Values.ui.enabled }}
# A port forward reaches loopback; nothing else does.
- name: MODELSELECTION_UI_LISTEN
  value: {{ printf "%s:%d" (ternary "[::]" "127.0.0.1" .Values.ui.authenticate) (int .Values.ui.port) | quote }}
- name: MODELSELECTION_UI_AUTHENTICATE
  value: {{ .Values.ui.authenticate | quote }}
{{- end }}
- name: MODELSELECTION_LOG_FORMAT
  value: {{ .Values.log.format | quote }}
- name: RUST_LOG
  value: {{ .Values.log.level | quote }}
- name: MODELSELECTION_CATALOG_SOURCE
  value: {{ .Values.catalogSource | quote }}
- name: MODELSELECTION_MAX_TUNING_JOBS
  value: {{ .Values.maxTuningJobs | int | quote }}
{{- with .Values.eventsQueueUrl }}
- name: MODELSELECTION_EVENTS_QUEUE_URL
  value: {{ . | quote }}
{{- end }}
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
  value: {{ . | quote }}
{{- end }}
{{- if .Values.emulator.enabled }}
- name: AWS_ENDPOINT_URL_SAGEMAKER
  value: http://127.0.0.1:4599
# JumpStart's files in the emulator, for `catalogSource: s3`.
- name: AWS_ENDPOINT_URL_S3
  value: http://127.0.0.1:4599
# Emulated jobs take seconds to minutes, so the operator polls often.
- name: MODELSELECTION_MAX_SWEEP_SECONDS
  value: "2"
# The emulator accepts any credentials.
- name: AWS_ACCESS_KEY_ID
  value: emulator
- name: AWS_SECRET_ACCESS_KEY
  value: emulator
{{- end }}
{{- end -}}

{{/* The container fields of one of the image's programs, without arguments. */}}
{{- define "msel.container" -}}
image: {{ include "msel.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy | quote }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
{{- end -}}

{{/* A sidecar: the emulator accepts any signature and therefore listens on loopback only. */}}
{{- define "msel.emulator" -}}
- name: emulator
  restartPolicy: Always
  command: [sagemaker-emulator]
  args: [{{ printf "--speed=%v" .Values.emulator.speed | quote }}]
  {{- include "msel.container" . | nindent 2 }}
{{- end -}}

{{/* Container fields that the operator and `helm test` share. */}}
{{- define "msel.settings" -}}
{{- with .Values.extraArgs }}
args:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{ include "msel.container" . }}
env:
  {{- include "msel.env" . | nindent 2 }}
{{- with .Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.extraVolumeMounts }}
volumeMounts:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Pod fields that the operator and `helm test` share. */}}
{{- define "msel.podSpec" -}}
serviceAccountName: {{ include "msel.serviceAccountName" . | quote }}
automountServiceAccountToken: true
enableServiceLinks: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with concat .Values.global.imagePullSecrets .Values.image.pullSecrets | uniq }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.dnsPolicy }}
dnsPolicy: {{ . | quote }}
{{- end }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
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
{{- if or .Values.emulator.enabled .Values.initContainers }}
initContainers:
  {{- with .Values.initContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- if .Values.emulator.enabled }}
  {{- include "msel.emulator" . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}
