// Package prom shows the health of this process to Prometheus. It is a package of
// its own because it links the client model of Prometheus and protocol buffers,
// which services that answer in JSON alone do not need.
//
//	checker := healthz.New(healthz.Config{})
//	http.Handle("GET /debug/pprof/healthz", checker)
//	http.Handle("GET /metrics/health", prom.Handler(checker))
//
// The families, all gauges without a suffix for what they count:
//
//	hotvet_health_score                       0 to 100, the lowest of the parts
//	hotvet_health_part_score{part}            0 to 100; absent where it cannot be told
//	hotvet_health_part_value{part,unit}       as package healthz defines it; absent likewise
//	hotvet_health_start_seconds               Unix time at which this image of the process began
//	hotvet_health_info{build_id,gnu_build_id} 1
package prom

import (
	"bytes"
	"fmt"
	"net/http"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/hotvet/hotvet/integration/healthz"
)

// Handler answers with the health that c finds, in the format that the client asks
// for: text unless it accepts another.
func Handler(c *healthz.Checker) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "metrics are read by GET", http.StatusMethodNotAllowed)
			return
		}
		format := expfmt.NegotiateIncludingOpenMetrics(r.Header)
		body, err := encode(c.Check(), format)
		if err != nil {
			http.Error(w, "cannot encode the metrics", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", string(format))
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(body) // a client that is gone needs no answer
	})
}

func encode(h healthz.Health, format expfmt.Format) ([]byte, error) {
	var buf bytes.Buffer
	enc := expfmt.NewEncoder(&buf, format)
	for _, family := range Families(h) {
		if err := enc.Encode(family); err != nil {
			return nil, fmt.Errorf("%s: %w", family.GetName(), err)
		}
	}
	// The OpenMetrics format has a last line, which the encoder writes when closed.
	if closer, ok := enc.(expfmt.Closer); ok {
		if err := closer.Close(); err != nil {
			return nil, err
		}
	}
	return buf.Bytes(), nil
}

// Families returns the metric families of a health, for a Gatherer of one's own
// (github.com/prometheus/client_golang/prometheus.GathererFunc).
func Families(h healthz.Health) []*dto.MetricFamily {
	scores := family("hotvet_health_part_score", "Score of one part of the health, 0 to 100.")
	values := family("hotvet_health_part_value", "Value behind the score of one part, in its unit.")
	for _, p := range h.Parts {
		if p.Score == nil {
			continue
		}
		add(scores, float64(*p.Score), "part", p.Name)
		add(values, p.Value, "part", p.Name, "unit", p.Unit)
	}
	score := family("hotvet_health_score", "Health of the process, 0 to 100: the lowest score of its parts.")
	add(score, float64(h.Score))
	start := family("hotvet_health_start_seconds", "Unix time at which this image of the process began.")
	add(start, float64(h.Start.UnixNano())/1e9)
	info := family("hotvet_health_info", "Build ids of the running program.")
	add(info, 1, "build_id", h.BuildID, "gnu_build_id", h.GNUBuildID)
	list := []*dto.MetricFamily{score, start, info}
	for _, f := range []*dto.MetricFamily{scores, values} {
		if len(f.Metric) > 0 { // a family without a metric cannot be encoded
			list = append(list, f)
		}
	}
	return list
}

func family(name, help string) *dto.MetricFamily {
	return &dto.MetricFamily{Name: &name, Help: &help, Type: dto.MetricType_GAUGE.Enum()}
}

// add adds a metric with labels, given as names and values in turn.
func add(f *dto.MetricFamily, value float64, labels ...string) {
	m := &dto.Metric{Gauge: &dto.Gauge{Value: &value}}
	for i := 0; i < len(labels); i += 2 {
		m.Label = append(m.Label, &dto.LabelPair{Name: &labels[i], Value: &labels[i+1]})
	}
	f.Metric = append(f.Metric, m)
}
