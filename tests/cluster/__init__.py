"""The chart on a Kubernetes API server: the real one, on Debian's etcd, and Helm. There is no controller and no node.

toolchain  which Go builds
programs   the API server, Helm and the CRDs of KEDA and of the Prometheus operator, built and kept in our cache
server     ApiServer: etcd and kube-apiserver, started and ended
release    Release: a release of the chart, and the migration's Job, which a test ends as a cluster would
"""
