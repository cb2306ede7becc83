//! A real Kubernetes control plane for tests: built once from declared Go tools, started on loopback.
