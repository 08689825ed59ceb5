{{- define "pggit.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "pggit.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "pggit.labels" -}}
{{ include "pggit.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* The container by itself: include it in another chart's pod to run the proxy as a sidecar, and the
     application connects to 127.0.0.1:6432. The pod needs the volumes of "pggit.volumes". */}}
{{- define "pggit.container" -}}
name: pggit
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: ["serve", "--config", "/etc/pggit/pggit.toml"]
{{- with .Values.upstream.passwordSecret }}
{{- if .name }}
env:
  - name: PGGIT_UPSTREAM__PASSWORD
    valueFrom:
      secretKeyRef:
        name: {{ .name }}
        key: {{ .key }}
{{- end }}
{{- end }}
ports:
  - name: postgres
    containerPort: 6432
  - name: metrics
    containerPort: {{ .Values.metrics.port }}
livenessProbe:
  httpGet:
    path: /livez
    port: metrics
readinessProbe:
  httpGet:
    path: /readyz
    port: metrics
  periodSeconds: 5
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: 10001
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: pggit-config
    mountPath: /etc/pggit
    readOnly: true
  {{- if .Values.tls.secretName }}
  - name: pggit-tls
    mountPath: /etc/pggit-tls
    readOnly: true
  {{- end }}
{{- end }}

{{- define "pggit.volumes" -}}
- name: pggit-config
  configMap:
    name: {{ include "pggit.fullname" . }}
{{- if .Values.tls.secretName }}
- name: pggit-tls
  secret:
    secretName: {{ .Values.tls.secretName }}
{{- end }}
{{- end }}
