package healthz

// A quota is how often a cgroup had used up its CPU time.
type quota struct {
	periods, throttled float64 // counts since the cgroup was made
	err                error
}
