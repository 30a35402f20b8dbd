package confirm

// Sizes and indexes of the probe's counters, as the probe has them: it cannot be
// imported here, since it would then look for a hotvet in hotvet itself.
const (
	maxSites = 1024

	probeHits     = 0
	probeEntered  = 1
	probeLeft     = 2
	probeWorking  = 3
	probeWorked   = 4
	probePanicked = 5
	probeReloads  = 6
	probeRounds   = 7
	probeAgain    = 8
	probeHolds    = 10
	probeMixed    = 11
	probeKept     = 12
	probeUnsteady = 13
	probeOverflow = 14
	probeStale    = 15
	probeSlots    = 16

	maxAddresses = 128
)
