package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"shuixuan/analytics/goldentest"
)

// stats runs the command and gives its answer.
func stats(t *testing.T, args ...string) (statsAnswer, string, int) {
	t.Helper()
	var out, words bytes.Buffer
	code := run(t.Context(), append([]string{"stats"}, args...), &out, &words)
	var a statsAnswer
	if code == exitFine {
		if err := json.Unmarshal(out.Bytes(), &a); err != nil {
			t.Fatalf("%v: %s", err, out.String())
		}
	}
	return a, words.String() + out.String(), code
}

const statsSample = "../analytics/estimate/testdata/sample.csv"

// TestStatsAgreeWithR holds what the command prints against R's values of the same sample.
func TestStatsAgreeWithR(t *testing.T) {
	want := map[string][2]float64{}
	for _, row := range goldentest.Records(t, "../analytics/estimate/testdata/design.csv")[1:] {
		value, _ := strconv.ParseFloat(row[4], 64)
		se, _ := strconv.ParseFloat(row[5], 64)
		want[strings.Join(row[:4], " ")] = [2]float64{value, se}
	}
	near := func(got *float64, want float64) bool {
		return got != nil && math.Abs(*got-want) <= 1e-9*math.Max(math.Abs(want), 1e-12)
	}
	for _, c := range []struct {
		key  string
		args string
		at   int
	}{
		{"weighted mean score ", "mean --variable score --weight weight", 0},
		{"weighted mean score f", "mean --variable score --weight weight --by sex", 0},
		{"weighted mean know f", "proportion --variable know --weight weight --by sex", 1},
		{"stratified total rare ", "total --variable rare --weight weight --strata stratum", 0},
		{"adjust ratio score/hours ", "ratio --variable score --denominator hours --weight weight --strata stratum --cluster school --lonely-psu adjust", 0},
	} {
		a, words, code := stats(t, append(strings.Fields(c.args), "--data", statsSample, "--json")...)
		if code != exitFine {
			t.Errorf("%s: %s", c.args, words)
			continue
		}
		got := a.Results[c.at]
		if w := want[c.key]; !near(got.Estimate, w[0]) || !near(got.SE, w[1]) || got.Lower == nil || *got.Lower >= *got.Upper {
			t.Errorf("%s: %+v, R %v", c.args, got, w)
		}
	}
	a, words, code := stats(t, "chisq", "--variable", "sex,level", "--weight", "weight", "--strata", "stratum", "--data", statsSample, "--json")
	if code != exitFine || a.Test == nil || len(a.Results) != 8 || a.Test.DF2 == 0 {
		t.Errorf("%s", words)
	}
	a, words, code = stats(t, "quantile", "--variable", "score", "--at", "0.25,0.5", "--data", statsSample, "--json")
	if code != exitFine || len(a.Results) != 2 || *a.Results[1].Estimate <= *a.Results[0].Estimate {
		t.Errorf("%s", words)
	}
}

// TestStatsTell: each bad file or word is refused with its place, and nothing is NaN.
func TestStatsTell(t *testing.T) {
	file := func(body string) string {
		name := filepath.Join(t.TempDir(), "数据.csv")
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, c := range []struct {
		name, body, args, says string
		code                   int
	}{
		{"text among numbers", "x,w\n1,1\nfoo,1\n", "mean --variable x", "“x”列第3行的“foo”不是数字", exitFailed},
		{"no such column", "x\n1\n2\n", "mean --variable y", "没有“y”这一列", exitFailed},
		{"negative weight", "x,w\n1,1\n2,-3\n", "mean --variable x --weight w", "第3行：权重不是数字或小于0", exitFailed},
		{"missing weight", "x,w\n1,1\n2,\n", "mean --variable x --weight w", "第3行：权重不是数字", exitFailed},
		{"all weights 0", "x,w\n1,0\n2,0\n", "mean --variable x --weight w", "所有权重都是0", exitFailed},
		{"one unit in a stratum", "x,s\n1,a\n2,a\n3,b\n", "mean --variable x --strata s", "只抽了一个单元", exitFailed},
		{"a unit in two strata", "x,s,p\n1,a,1\n2,a,2\n3,b,2\n4,b,3\n", "mean --variable x --strata s --cluster p", "同时在两个层里", exitFailed},
		{"more drawn than there are", "x,n\n1,2\n2,2\n3,2\n", "mean --variable x --fpc n", "抽了3个单元，总体却只有2个", exitFailed},
		{"two columns of one name", "x,x\n1,2\n", "mean --variable x", "两列都叫“x”", exitFailed},
		{"nothing below the heading", "x,y\n", "mean --variable x", "没有数据", exitFailed},
		{"one row", "x\n1\n", "mean --variable x", "只抽了一个单元", exitFailed},
		{"wrong kind", "x\n1\n", "median --variable x", "", exitWords},
		{"half a table", "x\n1\n", "chisq --variable x", "two columns", exitWords},
	} {
		_, words, code := stats(t, append(strings.Fields(c.args), "--data", file(c.body), "--json")...)
		if code != c.code || !strings.Contains(words, c.says) {
			t.Errorf("%s: code %d, %s", c.name, code, words)
		}
	}
	for name, body := range map[string]string{
		"all the same": "x\n3\n3\n3\n", "nobody answered": "x,y\n,1\n,2\n", "one answer": "x,y\n,1\n5,2\n",
		"one weighs all": "x,w\n1,1000000\n0,1\n1,1\n",
	} {
		args := []string{"mean", "--variable", "x", "--data", file(body), "--json"}
		if strings.Contains(body, "w") {
			args = append(args, "--weight", "w")
		}
		a, words, code := stats(t, args...)
		if code != exitFine || strings.Contains(words, "NaN") || strings.Contains(words, "Inf") {
			t.Errorf("%s: %s", name, words)
			continue
		}
		if r := a.Results[0]; r.SE == nil && len(r.Warnings) == 0 {
			t.Errorf("%s: no standard error and no warning: %+v", name, r)
		}
	}
	gb := file("\xd0\xd4\xb1\xf0,x\n\xc4\xd0,1\n\xc5\xae,2\n\xc5\xae,4\n") // 性别 in GB18030
	if a, words, code := stats(t, "mean", "--variable", "x", "--by", "性别", "--data", gb, "--json"); code != exitFine || len(a.Results) != 2 || a.Results[0].By["性别"] == "" {
		t.Errorf("GB18030: %s", words)
	}
}

// TestStatsCalibrate brings weights to margins from a file.
func TestStatsCalibrate(t *testing.T) {
	margins := filepath.Join(t.TempDir(), "margins.csv")
	write := func(body string) {
		if err := os.WriteFile(margins, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("variable,level,total\nsex,f,52000\nsex,m,48000\nlevel,1,41000\nlevel,2,35000\nlevel,3,16500\nlevel,4,7500\n")
	a, words, code := stats(t, "total", "--variable", "row", "--weight", "weight", "--calibrate", "rake", "--margins", margins, "--data", statsSample, "--json")
	if code != exitFine || math.Abs(a.Results[0].Base-100000) > 1e-6 || a.Design.Iterations < 2 {
		t.Errorf("%s", words)
	}
	write("variable,level,total\nsex,f,52000\nsex,m,48000\nsex,x,7\n")
	if _, words, code := stats(t, "mean", "--variable", "row", "--calibrate", "poststratify", "--margins", margins, "--data", statsSample); code != exitFailed || !strings.Contains(words, "样本里一个也没有") {
		t.Errorf("a level that nobody has: %s", words)
	}
	write("variable,level,total\nsex,f,52000\nsex,m,48000\nlevel,1,41000\nlevel,2,35000\nlevel,3,16500\nlevel,4,9500\n")
	if _, words, code := stats(t, "mean", "--variable", "row", "--calibrate", "rake", "--margins", margins, "--data", statsSample); code != exitFailed || !strings.Contains(words, "应当相同") {
		t.Errorf("margins that contradict: %s", words)
	}
}
