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

{{- /* What all pods have: no token of the cluster, no root, no service links in the environment; and the program's certificates. */ -}}
{{- define "audit.pod" -}}
{{- $keys := index .root.Values.certificates.secret .component }}
{{- include "audit.hardened" (dict "root" .root "group" (ternary 10001 0 (not (empty $keys)))) }}
{{- with include "audit.certificates.volumes" . | trim }}
volumes:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Authorities, which all may know, and the private keys of one program, as files that its group may read. */ -}}
{{- define "audit.certificates.volumes" -}}
{{- with .root.Values.certificates.configMap }}
- name: certificates
  configMap: {name: {{ . }}}
{{- end }}
{{- with index .root.Values.certificates.secret .component }}
- name: private-keys
  secret: {secretName: {{ . }}, defaultMode: 0440}
{{- end }}
{{- end }}

{{- define "audit.hardened" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  {{- with .group }}
  fsGroup: {{ . }}
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* A pod with the sealer's folder, and the key or the policy as files that its group may read. */ -}}
{{- define "audit.sealing" -}}
{{ include "audit.hardened" (dict "root" .root "group" 10001) }}
volumes:
  - name: seals
    persistentVolumeClaim: {claimName: {{ .claim }}}
  {{- with .key }}
  - name: key
    secret: {secretName: {{ . }}, defaultMode: 0440}
  {{- end }}
  {{- with .copies }}
  - name: copies
    persistentVolumeClaim: {claimName: {{ . }}}
  {{- end }}
  {{- with .policy }}
  - name: policy
    configMap: {name: {{ . }}}
  {{- end }}
  {{- with include "audit.certificates.volumes" (dict "root" .root "component" "sealer") | trim }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end }}

{{- /* By digest where one is given: a tag beside it is for people. */ -}}
{{- define "audit.image" -}}
{{- $tag := .Values.image.tag | default (ternary "" .Chart.AppVersion (not (empty .Values.image.digest))) -}}
{{ .Values.image.repository }}{{ with $tag }}:{{ . }}{{ end }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "audit.container" -}}
{{ include "audit.image.settings" .root }}
{{- with include "audit.certificates.mounts" . | trim }}
volumeMounts:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "audit.image.settings" -}}
image: {{ include "audit.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "audit.certificates.mounts" -}}
{{- if .root.Values.certificates.configMap }}
- {name: certificates, mountPath: /certificates, readOnly: true}
{{- end }}
{{- if index .root.Values.certificates.secret .component }}
- {name: private-keys, mountPath: /private-keys, readOnly: true}
{{- end }}
{{- end }}

{{- /* A program's private keys are in a Secret that no other program is given; the check has the sealer's. */ -}}
{{- define "audit.keys.checked" -}}
{{- $of := .component }}
{{- $values := .root.Values }}
{{- with index $values.certificates.secret $of }}
{{- $others := list $values.sealer.keySecret }}
{{- range without (list "migrate" "consumer" "reader" "sealer") $of }}
{{- $others = append $others (index $values .).existingSecret }}
{{- $others = append $others (index $values.certificates.secret .) }}
{{- end }}
{{- if has . $others }}
{{- fail (printf "certificates.secret.%s: is in use as another Secret as well; give the private keys of each program a Secret of their own" $of) }}
{{- end }}
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

{{- /* Whether what is given as `env` and `secretEnv` is what files/settings.yaml lets stand there. */ -}}
{{- define "audit.checked" -}}
{{- $of := .component }}
{{- $known := index (.root.Files.Get "files/settings.yaml" | fromYaml) $of }}
{{- range $name, $value := .values.env }}
{{- $class := include "audit.class" (dict "known" $known "name" $name) }}
{{- $instead := printf "put it into the Secret of %s.existingSecret and its name into %s.secretEnv" $of $of }}
{{- if eq $class "unknown" }}
{{- fail (printf "%s.env.%s: is not a setting of this program; deploy/env.example lists them" $of $name) }}
{{- else if eq $class "chart" }}
{{- fail (printf "%s.env.%s: is set by the chart" $of $name) }}
{{- else if eq $class "secret" }}
{{- fail (printf "%s.env.%s: may be a secret, and would stand in plain text in the manifest; %s" $of $name $instead) }}
{{- else if and (eq $class "url") (regexMatch "[@?]" $value) }}
{{- fail (printf "%s.env.%s: has a user, a password or a query, which would stand in plain text in the manifest; %s" $of $name $instead) }}
{{- else if and (eq $class "keyFile") (hasPrefix "/certificates/" $value) }}
{{- fail (printf "%s.env.%s: is a private key, and /certificates holds a ConfigMap, where it would stand in plain text; put it into the Secret of certificates.secret.%s, and name it /private-keys/…" $of $name $of) }}
{{- else if and (hasPrefix "/private-keys/" $value) (not (index $.root.Values.certificates.secret $of)) }}
{{- fail (printf "%s.env.%s: no file is there; name the Secret with the key in certificates.secret.%s" $of $name $of) }}
{{- else if and (hasPrefix "/certificates/" $value) (not $.root.Values.certificates.configMap) }}
{{- fail (printf "%s.env.%s: no file is there; name the ConfigMap with the certificates in certificates.configMap" $of $name) }}
{{- else if regexMatch "://[^/]*@" $value }}
{{- fail (printf "%s.env.%s: is a URL with a user or a password, which would stand in plain text in the manifest; use a setting that may be in %s.secretEnv" $of $name $of) }}
{{- else if has $name $.values.secretEnv }}
{{- fail (printf "%s.env.%s: is in %s.secretEnv as well; leave it in one of the two" $of $name $of) }}
{{- end }}
{{- end }}
{{- range $name := .values.secretEnv }}
{{- if not (has (include "audit.class" (dict "known" $known "name" $name)) (list "secret" "url")) }}
{{- fail (printf "%s.secretEnv: %s is not a setting of this program that may be a secret; files/settings.yaml of the chart lists them" $of $name) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The class of a setting in files/settings.yaml: the name itself first, then how it begins. */ -}}
{{- define "audit.class" -}}
{{- $name := .name }}
{{- $class := "" }}
{{- range $each := list "secret" "url" "keyFile" "plain" "chart" }}
{{- if has $name (index $.known $each) }}{{ $class = $each }}{{ end }}
{{- end }}
{{- range $each := list "secret" "plain" }}
{{- range $prefix := index $.known (printf "%sPrefixes" $each) }}
{{- if and (not $class) (hasPrefix $prefix $name) }}{{ $class = $each }}{{ end }}
{{- end }}
{{- end }}
{{- $class | default "unknown" -}}
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

{{- /*
The ports of a destination, as {"ports": […]}: those that a setting's value names, and those of networkPolicy beside them.
A setting that is in a Secret cannot be read here: its port has to be said.
*/ -}}
{{- define "audit.ports" -}}
{{- $ports := list }}
{{- $policy := index .root.Values.networkPolicy .destination }}
{{- with index .values.env .setting }}
{{- range splitList "," . }}
{{- $address := trim . }}
{{- $url := dict "host" $address "scheme" "" }}
{{- if ne $.setting "KAFKA_BOOTSTRAP_SERVERS" }}{{ $url = urlParse $address }}{{ end }}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" }}
{{- $ports = append $ports (int ($port | default (dict "https" "443" "http" "80" "" "9092" | dig $url.scheme "443"))) }}
{{- end }}
{{- end }}
{{- range $policy.ports }}{{ $ports = append $ports (int .) }}{{ end }}
{{- if and (has .setting .values.secretEnv) (not $ports) }}
{{- fail (printf "networkPolicy.%s.ports: is empty, and the chart cannot read the port of %s, which is in a Secret: name it, or the network policy would cut the program off" .destination .setting) }}
{{- end }}
{{- dict "ports" (uniq $ports) "to" $policy.to | toJson -}}
{{- end }}

{{- /* The way out to each of .asked, a list of (destination, setting); a destination without a port is not asked. */ -}}
{{- define "audit.egress" -}}
{{- range .asked }}
{{- $found := include "audit.ports" (dict "root" $.root "values" $.values "destination" (index . 0) "setting" (index . 1)) | fromJson }}
{{- if $found.ports }}
- ports:
    {{- range $found.ports }}
    - {protocol: TCP, port: {{ int . }}}
    {{- end }}
  {{- with $found.to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
- ports: # names
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end }}
