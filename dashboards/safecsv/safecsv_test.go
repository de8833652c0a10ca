package safecsv_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"shuixuan/dashboards/safecsv"
)

// What people wrote never becomes a formula: it has an apostrophe before it.
func TestFormulasAreNeutralised(t *testing.T) {
	for _, s := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", "  =1", "=cmd|'/c calc'!A1", "\x00=1"} {
		if !safecsv.Risky(s) {
			t.Errorf("%q is not seen as a formula", s)
		}
		if got := safecsv.Text(s); !strings.HasPrefix(got, "'") || strings.Contains(got, "\x00") {
			t.Errorf("CSV gets %q for %q", got, s)
		}
	}
	for _, s := range []string{"", "市住建局", "3m×1m", "a=b", "１", "'"} {
		if safecsv.Risky(s) || safecsv.Text(s) != s {
			t.Errorf("%q is taken for a formula", s)
		}
	}
}

func TestWriter(t *testing.T) {
	var b bytes.Buffer
	w := safecsv.New(&b)
	w.Write([]string{"地点", "-116.7"})
	w.Write([]string{`a"b`, "一\n二"})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if want := "\ufeff地点,-116.7\r\n\"a\"\"b\",\"一\r\n二\"\r\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	full := safecsv.New(refusing{})
	full.Write([]string{"x"})
	if err := full.Close(); err == nil {
		t.Error("a full disk was not noticed")
	}
}

type refusing struct{}

func (refusing) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
