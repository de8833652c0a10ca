package web

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/uuid"
)

// TestAPITrends: what changed between two waves is told in the unit of the figure, with its
// interval; the first wave has nothing to be compared with.
func TestAPITrends(t *testing.T) {
	c := newClient(t)
	for wave, know := range map[string]int{"w1": 14, "w2": 21} {
		for i := range 28 {
			code := "knows"
			if i >= know {
				code = "unknown"
			}
			body := sheet(uuid.New(), fmt.Sprint(i))
			body["choices"].(map[string]any)["aware"] = []string{code}
			if status := c.call("fafang", "POST", feicheng+"/waves/"+wave+"/responses", body, nil); status != 201 {
				t.Fatalf("a response of %s answers %d", wave, status)
			}
		}
	}
	type trend struct {
		Indicator struct{ Name, Question string }
		SQL       string
		Points    []struct {
			Wave, Name string
			Total      *struct{ Estimate struct{ Value float64 } }
			Change     *struct {
				Since                        string
				Difference, SE, Lower, Upper float64
			}
		}
	}
	var some, all struct{ Items []trend }
	c.call("chuang", "GET", feicheng+"/waves/w2/trends?question=aware", nil, &some)
	c.call("chuang", "GET", feicheng+"/waves/w2/trends", nil, &all)
	if len(some.Items) == 0 || len(all.Items) <= len(some.Items) {
		t.Fatalf("%d trends of one question, %d of all", len(some.Items), len(all.Items))
	}
	one := some.Items[0]
	if one.Indicator.Question != "aware" || one.SQL == "" || len(one.Points) != 2 || one.Points[0].Change != nil || one.Points[1].Change == nil {
		t.Fatalf("%+v", one)
	}
	// 21 of 28 less 14 of 28; p(1−p)/(n−1) is the variance of each.
	was, is := one.Points[0], one.Points[1]
	want := 100 * math.Sqrt(0.5*0.5/27+0.75*0.25/27)
	if change := is.Change; is.Wave != "w2" || was.Total.Estimate.Value != 50 || is.Total.Estimate.Value != 75 || change.Since != "w1" ||
		math.Abs(change.Difference-25) > 1e-9 || math.Abs(change.SE-want) > 1e-9 || !(change.Lower < 1 && change.Upper > 49) {
		t.Errorf("%+v %+v, want an error of %v", is.Total, change, want)
	}
}
