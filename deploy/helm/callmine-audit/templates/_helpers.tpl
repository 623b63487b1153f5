{{- define "audit.name" -}}
{{- printf "%s-%s" .root.Release.Name .component | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "audit.selector" -}}
app.kubernetes.io/name: callmine-audit
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "audit.labels" -}}
{{ include "audit.selector" . }}
app.kubernetes.io/part-of: callmine
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- /* What all pods have: no token of the cluster, no root, no service links in the environment. */ -}}
{{- define "audit.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.certificates.configMap }}
volumes:
  - name: certificates
    configMap: {name: {{ . }}}
{{- end }}
{{- end }}

{{- define "audit.container" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- if .Values.certificates.configMap }}
volumeMounts:
  - {name: certificates, mountPath: /certificates, readOnly: true}
{{- end }}
{{- end }}

{{- /* Settings by name, then those that a Secret holds; a key that the Secret lacks keeps the pod from starting. */ -}}
{{- define "audit.env" -}}
{{- $secret := .existingSecret }}
{{- range $name, $value := .env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- range .secretEnv }}
- name: {{ . }}
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ . }}}}
{{- end }}
{{- end }}

{{- define "audit.placement" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "audit.selector" (dict "root" .root "component" .component) | nindent 8 }}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "audit.egress" -}}
{{- range . }}
- ports:
    - {protocol: TCP, port: {{ .port }}}
  {{- with .to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
- ports: # names
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end }}
