// amcheck answers from Alertmanager's own packages, thousands of questions a second: one JSON object a line on standard
// input, one a line on standard output. What it cannot take is answered with {"error": …}.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"regexp"
	"sort"
	"time"

	old "alertmanager.example/old/timeinterval"
	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v2"

	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/marker"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/alertmanager/provider"
	"github.com/prometheus/alertmanager/timeinterval"
)

// A question has one of: a configuration and label sets to route; a configuration and alerts that all fire; a regular
// expression and texts; a matcher as users write it; time intervals and instants.
type question struct {
	Config  string           `json:"config"`
	Routed  []model.LabelSet `json:"routed"`
	Firing  []model.LabelSet `json:"firing"`
	Pattern *string          `json:"pattern"`
	Texts   []string         `json:"texts"`
	Matcher string           `json:"matcher"`
	Windows string           `json:"windows"`
	Times   []int64          `json:"times"`
}

type told struct {
	Receiver string   `json:"receiver"`
	By       []string `json:"by"`
	Wait     int64    `json:"wait"`
	Interval int64    `json:"interval"`
	Repeat   int64    `json:"repeat"`
	Active   []string `json:"active"`
	Muted    []string `json:"muted"`
}

type answer struct {
	Error  string   `json:"error,omitempty"`
	Routed [][]told `json:"routed,omitempty"`
	// Index of the alert that inhibits each alert, or -1.
	Inhibited []int  `json:"inhibited,omitempty"`
	Matches   []bool `json:"matches,omitempty"`
	// What each text's groups hold, the whole text first; null where it does not match.
	Groups [][]string `json:"groups,omitempty"`
	// Label, operator and value.
	Matcher []string `json:"matcher,omitempty"`
	// Whether each instant is within, by the newest and the oldest release.
	Newest []bool `json:"newest,omitempty"`
	Oldest []bool `json:"oldest,omitempty"`
}

func ask(q question) (a answer, err error) {
	switch {
	case q.Pattern != nil:
		m, err := labels.NewMatcher(labels.MatchRegexp, "x", *q.Pattern)
		if err != nil {
			return a, err
		}
		re := regexp.MustCompile("^(?:" + *q.Pattern + ")$")
		for _, text := range q.Texts {
			a.Matches = append(a.Matches, m.Matches(text))
			a.Groups = append(a.Groups, re.FindStringSubmatch(text))
		}
	case q.Matcher != "":
		m, err := labels.ParseMatcher(q.Matcher)
		if err != nil {
			return a, err
		}
		a.Matcher = []string{m.Name, m.Type.String(), m.Value}
	case q.Windows != "":
		var newest []timeinterval.TimeInterval
		var oldest []old.TimeInterval
		if err := yaml.UnmarshalStrict([]byte(q.Windows), &newest); err != nil {
			return a, err
		}
		if err := yaml.UnmarshalStrict([]byte(q.Windows), &oldest); err != nil {
			return a, err
		}
		for _, seconds := range q.Times {
			at := time.Unix(seconds, 0).UTC()
			in, was := false, false
			for i := range newest {
				in = in || newest[i].ContainsTime(at)
				was = was || oldest[i].ContainsTime(at)
			}
			a.Newest, a.Oldest = append(a.Newest, in), append(a.Oldest, was)
		}
	default:
		c, err := config.Load(q.Config)
		if err != nil {
			return a, err
		}
		root := dispatch.NewRoute(c.Route, nil)
		for _, set := range q.Routed {
			a.Routed = append(a.Routed, routed(root, set))
		}
		if len(q.Firing) > 0 {
			a.Inhibited = inhibited(c, q.Firing)
		}
	}
	return a, nil
}

func routed(root *dispatch.Route, set model.LabelSet) []told {
	var all []told
	for _, r := range root.Match(set) {
		o := r.RouteOpts
		by := []string{}
		for name := range o.GroupBy {
			by = append(by, string(name))
		}
		if o.GroupByAll {
			by = []string{"..."}
		}
		sort.Strings(by)
		all = append(all, told{
			o.Receiver, by, o.GroupWait.Milliseconds(), o.GroupInterval.Milliseconds(), o.RepeatInterval.Milliseconds(),
			o.ActiveTimeIntervals, o.MuteTimeIntervals,
		})
	}
	return all
}

// firing gives the inhibitor its alerts at once, and none later.
type firing struct {
	provider.Alerts
	alerts []*alert.Alert
}

func (f firing) SlurpAndSubscribe(string) ([]*alert.Alert, provider.AlertIterator) {
	return f.alerts, provider.NewAlertIterator(make(chan *provider.Alert), make(chan struct{}), nil)
}

func inhibited(c *config.Config, sets []model.LabelSet) []int {
	now := time.Now()
	all := firing{}
	index := map[string]int{}
	for i, set := range sets {
		a := alert.New(model.Alert{Labels: set, StartsAt: now, EndsAt: now.Add(time.Hour)}, now, false)
		index[a.Fingerprint().String()] = i
		all.alerts = append(all.alerts, a)
	}
	inhibitor := inhibit.NewInhibitor(all, c.InhibitRules, slog.New(slog.DiscardHandler), eventrecorder.NopRecorder())
	go inhibitor.Run()
	inhibitor.WaitForLoading()
	defer inhibitor.Stop()
	var by []int
	for _, a := range all.alerts {
		m := marker.NewAlertMarker()
		by = append(by, -1)
		if inhibitor.Mutes(marker.WithContext(context.Background(), m), a.LabelSet()) {
			by[len(by)-1] = index[m.Status(a.Fingerprint()).InhibitedBy[0]]
		}
	}
	return by
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	decoder := json.NewDecoder(in)
	for decoder.More() {
		var q question
		if err := decoder.Decode(&q); err != nil {
			panic(err)
		}
		a, err := ask(q)
		if err != nil {
			a = answer{Error: err.Error()}
		}
		if err := out.Encode(a); err != nil {
			panic(err)
		}
	}
}
