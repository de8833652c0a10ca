package clickhouse

import "testing"

// On a cluster an insert waits for most replicas, unless the address says otherwise; a server and
// the engine within the process have none to wait for.
func TestQuorum(t *testing.T) {
	for dsn, want := range map[string]any{
		"clickhouse://a:9000/s?cluster=c":                 "auto",
		"clickhouse://a:9000/s?cluster=c&insert_quorum=0": 0,
		"clickhouse://a:9000/s":                           nil,
	} {
		o, _, err := Config{DSN: dsn}.options()
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Settings["insert_quorum"]; got != want {
			t.Errorf("%s: %v (%T), want %v", dsn, got, got, want)
		}
	}
	if o, _, err := (Config{Dir: t.TempDir()}).options(); err != nil || o.Settings["insert_quorum"] != nil {
		t.Errorf("of a folder: %v %v", o, err)
	}
}
