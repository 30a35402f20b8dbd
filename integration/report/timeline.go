package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
)

// Heights of the chart, in pixels. Positions along the time are in percent, so
// that a chart fits a phone without scaling its text.
const (
	laneHeight = 62
	axisHeight = 26
	maxRows    = 500     // events that are listed beneath a chart
	maxTexts   = 3       // texts of one mark
	longestRun = 1 << 40 // ms
	leftEdge   = 1.0     // percent: a mark at the start is not cut off
	rightEdge  = 97.0
	narrow     = 0.1 // share of the time below which a bar has no room for its name
)

// A chart tells one run of the program: a lane for each process, in it a bar for
// each image, on it what happened to the image.
type chart struct {
	Run    string
	Height int
	Axis   int // where the axis stands
	Ticks  []tick
	Lanes  []*lane
	Rows   []eventRow
	More   int // events that are not listed
	Lost   int
	Gaps   []string // sentences
}

type tick struct {
	X      string
	Label  string
	Anchor string
}

type lane struct {
	PID  int
	Y    int
	Bars []*bar
	Mark []*mark
}

// A bar is one image from its start to its end.
type bar struct {
	X, W          string
	ListenX       string // from where it listens on, empty: never
	ListenW       string
	Label, Title  string
	Open          bool // the end was not seen
	image         int
	start, listen float64
	end           float64
	ended         bool
}

type mark struct {
	X, Kind, Title string
	count          int
}

type eventRow struct {
	At   string
	What string
	PID  int
	*finding.Event
}

// charts draws the runs in the order in which they begin.
func charts(progress []*finding.Progress) []*chart {
	runs := make(map[string][]*finding.Event)
	var names []string
	for _, p := range progress {
		if p.Event == nil {
			continue
		}
		e := *p.Event
		e.At = min(max(e.At, 0), longestRun)
		if runs[e.Run] == nil {
			names = append(names, e.Run)
		}
		runs[e.Run] = append(runs[e.Run], &e)
	}
	var list []*chart
	for _, name := range names {
		list = append(list, draw(name, runs[name]))
	}
	return list
}

func draw(run string, events []*finding.Event) *chart {
	slices.SortStableFunc(events, func(a, b *finding.Event) int { return cmp.Compare(a.At, b.At) })
	end := max(events[len(events)-1].At, 1)
	x := func(at float64) float64 { return leftEdge + at/end*(rightEdge-leftEdge) }
	c := &chart{Run: run}
	byPID := make(map[int][]*finding.Event)
	for _, e := range events {
		if byPID[e.PID] == nil {
			c.Lanes = append(c.Lanes, &lane{PID: e.PID, Y: len(c.Lanes) * laneHeight})
		}
		byPID[e.PID] = append(byPID[e.PID], e)
		if e.What == finding.EventLost {
			c.Lost++
		}
		if len(c.Rows) < maxRows {
			c.Rows = append(c.Rows, eventRow{duration(e.At), e.What, e.PID, e})
		} else {
			c.More++
		}
	}
	for _, l := range c.Lanes {
		l.Bars = bars(byPID[l.PID], end)
		c.Gaps = append(c.Gaps, gaps(l)...)
		l.Mark = marks(byPID[l.PID], x)
		for _, b := range l.Bars {
			b.X, b.W = percent(x(b.start)), percent(max(x(b.end)-x(b.start), 0.4))
			if b.listen >= 0 {
				b.ListenX, b.ListenW = percent(x(b.listen)), percent(max(x(b.end)-x(b.listen), 0.4))
			}
		}
	}
	c.Axis = len(c.Lanes) * laneHeight
	c.Height = c.Axis + axisHeight
	c.Ticks = ticks(end, x)
	return c
}

// bars returns the images of one process by their start. An image whose end was
// not seen lasts to that of the run, or until the next one is in its place.
func bars(events []*finding.Event, end float64) []*bar {
	byImage := make(map[int]*bar)
	var list []*bar
	for _, e := range events {
		b := byImage[e.Image]
		if b == nil {
			b = &bar{image: e.Image, start: e.At, end: end, listen: -1, Open: true}
			byImage[e.Image] = b
			list = append(list, b)
		}
		switch e.What {
		case finding.EventListening:
			if b.listen < 0 {
				b.listen = e.At
			}
		case finding.EventEnded:
			b.end, b.Open, b.ended = e.At, false, true
		}
	}
	for i, b := range list {
		if i+1 < len(list) && !b.ended {
			b.end = max(list[i+1].start, b.start)
		}
		if b.listen > b.end {
			b.listen = b.end
		}
		if b.end-b.start > end*narrow {
			b.Label = fmt.Sprintf("image %d", b.image)
		}
		b.Title = fmt.Sprintf("image %d: %s to %s", b.image, duration(b.start), duration(b.end))
		if b.listen >= 0 {
			b.Title += ", listens from " + duration(b.listen) + " on"
		}
	}
	return list
}

// gaps says how long nobody of this process listened between two images.
func gaps(l *lane) []string {
	var list []string
	for i := 1; i < len(l.Bars); i++ {
		before, after := l.Bars[i-1], l.Bars[i]
		if before.listen >= 0 && after.listen >= before.end {
			list = append(list, fmt.Sprintf("process %d: image %d listens %s after image %d ended", l.PID, after.image, duration(after.listen-before.end), before.image))
		}
	}
	return list
}

// marks returns what happened to the images, one mark for all of a kind that
// would lie on each other. Start, listening and end are seen in the bars.
func marks(events []*finding.Event, x func(float64) float64) []*mark {
	seen := make(map[string]*mark)
	var list []*mark
	for _, e := range events {
		switch e.What {
		case finding.EventStarted, finding.EventListening:
			continue
		}
		at := fmt.Sprintf("%.1f%%", x(e.At))
		m := seen[at+e.What]
		if m == nil {
			m = &mark{X: at, Kind: kindOfEvent(e.What), Title: duration(e.At) + " " + e.What}
			seen[at+e.What] = m
			list = append(list, m)
		}
		m.count++
		switch {
		case m.count <= maxTexts && e.Text != "":
			m.Title += "; " + strings.TrimSpace(e.Text)
		case m.count == maxTexts+1:
			m.Title += "; and more"
		}
	}
	return list
}

// kindOfEvent names the shape of a mark. A stream may have events of a later
// version.
func kindOfEvent(what string) string {
	switch what {
	case finding.EventReload, finding.EventRestart, finding.EventLost, finding.EventEnded:
		return what
	}
	return "other"
}

// ticks divides the time into at most five steps of a round length.
func ticks(end float64, x func(float64) float64) []tick {
	step := math.Pow(10, math.Floor(math.Log10(end)))
	for _, part := range []float64{0.2, 0.25, 0.5, 1, 2, 2.5} {
		if end/(step*part) <= 5 {
			step *= part
			break
		}
	}
	var list []tick
	for at := 0.0; at <= end*1.0001; at += step {
		t := tick{percent(x(at)), duration(at), "middle"}
		switch {
		case at == 0:
			t.Anchor = "start"
		case x(at) > 93:
			t.Anchor = "end"
		}
		list = append(list, t)
	}
	return list
}

// duration writes milliseconds for people.
func duration(ms float64) string {
	switch {
	case ms == 0:
		return "0"
	case ms < 10:
		return fmt.Sprintf("%.2g ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	case ms < 120_000:
		return strings.TrimSuffix(fmt.Sprintf("%.4g", math.Round(ms/10)/100), ".0") + " s"
	}
	return fmt.Sprintf("%.1f min", ms/60_000)
}

func percent(x float64) string { return fmt.Sprintf("%.2f%%", x) }
