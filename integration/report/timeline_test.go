package report

import (
	"strconv"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

func eventOf(run string, at float64, pid, image int, what string) *finding.Progress {
	return &finding.Progress{Message: what, Event: &finding.Event{Run: run, At: at, PID: pid, Image: image, What: what, Text: what + "!"}}
}

// TestTimeline holds what a chart says of a restart: images follow each other, and
// each listens from when it said so.
func TestTimeline(t *testing.T) {
	list := charts([]*finding.Progress{
		{Message: "no event"},
		eventOf("plain", 0, 7, 0, finding.EventStarted),
		eventOf("race", 5, 9, 0, finding.EventStarted),
		eventOf("plain", 300, 7, 1, finding.EventStarted), // the end of image 0 was not seen
		eventOf("plain", 100, 7, 0, finding.EventListening),
		eventOf("plain", 250, 7, 0, finding.EventRestart),
		eventOf("plain", 310, 7, 1, finding.EventLost),
		eventOf("plain", 310, 7, 1, finding.EventLost),
		eventOf("plain", 320, 8, 0, finding.EventStarted),
		eventOf("plain", 500, 7, 1, finding.EventListening),
		eventOf("plain", 1000, 7, 1, finding.EventEnded),
	})
	if len(list) != 2 || list[0].Run != "plain" || list[1].Run != "race" {
		t.Fatalf("charts %v, want plain and race", list)
	}
	c := list[0]
	if len(c.Lanes) != 2 || c.Lanes[0].PID != 7 || c.Lanes[1].PID != 8 || c.Lost != 2 || len(c.Rows) != 9 {
		t.Fatalf("chart %+v", c)
	}
	bars := c.Lanes[0].Bars
	if len(bars) != 2 || bars[0].end != 300 || bars[0].listen != 100 || bars[1].start != 300 || bars[1].listen != 500 || bars[1].Open {
		t.Errorf("bars %+v %+v", bars[0], bars[1])
	}
	// In percent: 96 for the 1000 ms, behind an edge of 1.
	if got, want := []string{bars[0].X, bars[0].W, bars[0].ListenX, bars[0].ListenW}, "1.00% 28.80% 10.60% 19.20%"; strings.Join(got, " ") != want {
		t.Errorf("image 0 is at %v, want %s", got, want)
	}
	if open := c.Lanes[1].Bars[0]; !open.Open || open.end != 1000 || open.listen >= 0 || open.ListenX != "" {
		t.Errorf("the process that was left running: %+v", open)
	}
	if want := "process 7: image 1 listens 200 ms after image 0 ended"; len(c.Gaps) != 1 || c.Gaps[0] != want {
		t.Errorf("gaps %q, want %q", c.Gaps, want)
	}
	marks := c.Lanes[0].Mark
	if len(marks) != 3 || marks[1].Kind != finding.EventLost || marks[1].Title != "310 ms lost; lost!; lost!" {
		t.Errorf("marks %+v, want restart, one for both losses, ended", marks)
	}
}

// TestTimelineOfNonsense holds that positions stay within the chart whatever times
// a stream tells.
func TestTimelineOfNonsense(t *testing.T) {
	var list []*finding.Progress
	for i, at := range []float64{-1e300, 0, 1e-300, 1e300, 3, 2} {
		for _, what := range []string{finding.EventEnded, finding.EventListening, finding.EventStarted, "later version"} {
			list = append(list, eventOf("", at, -i, -1<<63, what), eventOf("alone "+what, at, i%2, i, what))
		}
	}
	within := func(x string) {
		t.Helper()
		if v, err := strconv.ParseFloat(strings.TrimSuffix(x, "%"), 64); err != nil || v < 0 || v > 100 {
			t.Errorf("position %q is not on the chart", x)
		}
	}
	for _, c := range charts(list) {
		if len(c.Ticks) < 2 || len(c.Ticks) > 7 {
			t.Errorf("%d ticks", len(c.Ticks))
		}
		for _, tick := range c.Ticks {
			within(tick.X)
		}
		for _, l := range c.Lanes {
			for _, b := range l.Bars {
				within(b.X)
				within(b.W)
				if b.ListenX != "" {
					within(b.ListenX)
					within(b.ListenW)
				}
			}
			for _, m := range l.Mark {
				within(m.X)
			}
		}
	}
}

func TestDuration(t *testing.T) {
	for ms, want := range map[float64]string{0: "0", 0.5: "0.5 ms", 2: "2 ms", 12.4: "12 ms", 999: "999 ms", 1000: "1 s", 1500: "1.5 s", 20_000: "20 s", 150_000: "2.5 min"} {
		if got := duration(ms); got != want {
			t.Errorf("%v ms is %q, want %q", ms, got, want)
		}
	}
}
