package prom

import (
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/hotvet/hotvet/integration/healthz"
)

// TestText reads the text form back.
func TestText(t *testing.T) {
	h := Handler(healthz.New(healthz.Config{}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		t.Errorf("type %q", got)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	score := families["hotvet_health_score"]
	if score == nil || len(score.Metric) != 1 || score.Metric[0].Gauge.GetValue() > 100 {
		t.Errorf("score %v", score)
	}
	parts := make(map[string]float64)
	for _, m := range families["hotvet_health_part_score"].GetMetric() {
		parts[m.Label[0].GetValue()] = m.Gauge.GetValue()
	}
	for _, name := range []string{"heap", "profile", "cgo"} {
		if v, ok := parts[name]; !ok || v < 0 || v > 100 {
			t.Errorf("part %s: %v, %v", name, v, ok)
		}
	}
	if families["hotvet_health_start_seconds"].GetMetric()[0].Gauge.GetValue() < 1.6e9 {
		t.Error("no start")
	}
}

func TestOpenMetrics(t *testing.T) {
	h := Handler(healthz.New(healthz.Config{}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept", "application/openmetrics-text;version=1.0.0")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if !strings.HasPrefix(w.Header().Get("Content-Type"), "application/openmetrics-text") || !strings.HasSuffix(w.Body.String(), "# EOF\n") {
		t.Errorf("%q\n%s", w.Header().Get("Content-Type"), w.Body)
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("DELETE", "/", nil))
	if w.Code != 405 {
		t.Errorf("DELETE: status %d", w.Code)
	}
}

// TestUnknown: a part without a score is no metric, and quotes in values are kept.
func TestUnknown(t *testing.T) {
	full := 100
	h := healthz.Health{BuildID: "a\"\n\\b", Parts: []healthz.Part{{Name: "none"}, {Name: "full", Score: &full}}}
	text, err := encode(h, expfmt.NewFormat(expfmt.TypeTextPlain))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(text); strings.Contains(s, `"none"`) || !strings.Contains(s, `part="full"`) || !strings.Contains(s, `build_id="a\"\n\\b"`) {
		t.Errorf("%s", s)
	}
	h.Parts = nil
	if _, err := encode(h, expfmt.NewFormat(expfmt.TypeTextPlain)); err != nil {
		t.Error(err)
	}
	for _, f := range Families(h) {
		if f.GetType() != dto.MetricType_GAUGE {
			t.Errorf("%s: %v", f.GetName(), f.GetType())
		}
	}
}

// TestLinked holds that the JSON handler alone links neither protocol buffers nor a
// client of Prometheus, nor cgo.
func TestLinked(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "github.com/hotvet/hotvet/integration/healthz").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "net/http\n") {
		t.Fatalf("unexpected list\n%s", out)
	}
	for _, bad := range []string{"prometheus", "protobuf", "expvar", "net/http/pprof", "hotvet/integration/cgostate"} {
		if strings.Contains(string(out), bad) {
			t.Errorf("the JSON handler links %s", bad)
		}
	}
}
