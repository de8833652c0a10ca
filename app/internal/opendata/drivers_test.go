package opendata

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// TestDrivers: the first questions of the drivers that dashboards connect with, and a write by
// each, which is refused.
func TestDrivers(t *testing.T) {
	p := newPort(t)
	t.Run("JavaScript", func(t *testing.T) { javaScript(t, p) })
	t.Run("Python and Java", func(t *testing.T) { otherDrivers(t, p) })
	t.Run("Go", func(t *testing.T) { goDriver(t, p) })
	if rows := p.ask("SELECT count() FROM carriers", nil).body; rows != "2\n" {
		t.Errorf("after all there are %s carriers", rows)
	}
}

// javaScript plays again what the official client sent (testdata/clickhouse-js.json says
// which, and how it was recorded), and holds each answer against what the client understood.
func javaScript(t *testing.T, p *port) {
	raw, err := os.ReadFile("testdata/clickhouse-js.json")
	if err != nil {
		t.Fatal(err)
	}
	var captured struct {
		Tool     string
		Requests []struct {
			Step, Method, Path, Body string
			Headers                  map[string]string
		}
	}
	if err := json.Unmarshal(raw, &captured); err != nil {
		t.Fatal(err)
	}
	wants := map[string]struct{ code, holds string }{
		"ping":             {"", "Ok.\n"},
		"ping by a select": {"", "ping"},
		"version":          {"", `{"version()":"26.`},
		"databases":        {"", `"name": "` + p.open + `"`},
		"tables":           {"", `["` + p.open + `", "carriers", "View", "what is put up`},
		"columns":          {"", "[\"table\", \"name\", \"type\", \"comment\"]\n[\"String\", \"String\", \"String\", \"String\"]\n"},
		"rows of a view":   {"", "{\"campaign\":\"feicheng\",\"carrier\":\"bus\",\"name\":\"公交车'车身\"}\n{\"campaign\":\"feicheng\",\"carrier\":\"screen\""},
		"an answer as CSV": {"", "\"carrier\",\"name\"\n\"bus\",\"公交车'车身\"\n"},
		"with settings":    {"", "Z\"\n"},
		"exec":             {"", "1\n"},
		"insert":           {"164", "Cannot execute query in readonly mode"},
		"command":          {"164", "Cannot execute query in readonly mode"},
		"another database": {"497", "Not enough privileges"},
		"a file":           {"497", "Not enough privileges"},
	}
	if len(captured.Requests) != len(wants) || !strings.Contains(captured.Tool, "@clickhouse/client 1.") {
		t.Fatalf("%d requests of %q", len(captured.Requests), captured.Tool)
	}
	fill := strings.NewReplacer("open_shuixuan", p.open, "QUERY-ID", "1f9f1c1e-0000-4000-8000-000000000001", "SESSION", "s",
		"shuixuan.people", p.db.Database()+".people")
	for _, r := range captured.Requests {
		var headers []string
		for name, value := range r.Headers {
			if name == "authorization" {
				value = "Basic " + base64.StdEncoding.EncodeToString([]byte("reader:"+p.token))
			}
			headers = append(headers, name, value)
		}
		got, want := p.send(r.Method, fill.Replace(r.Path), fill.Replace(r.Body), headers...), wants[r.Step]
		if got.code() != want.code || (got.status == http.StatusOK) != (want.code == "") || !strings.Contains(got.body, want.holds) {
			t.Errorf("%s: %d %q %.500s\nwant %q %s", r.Step, got.status, got.code(), got.body, want.code, want.holds)
		}
		if want.code != "" && !strings.HasPrefix(got.body, "Code: "+want.code+". DB::Exception: ") {
			t.Errorf("%s: the client finds no exception in %s", r.Step, got.body)
		}
		if r.Headers["accept-encoding"] == "gzip" && want.code == "" && got.header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: not packed", r.Step)
		}
		if r.Step != "ping" && got.header.Get("X-ClickHouse-Query-Id") != "1f9f1c1e-0000-4000-8000-000000000001" {
			t.Errorf("%s: the statement is called %q", r.Step, got.header.Get("X-ClickHouse-Query-Id"))
		}
	}
}

// otherDrivers asks what the public sources of other drivers say that they ask first.
func otherDrivers(t *testing.T, p *port) {
	connect := url.Values{"client_protocol_version": {"54405"}, "session_id": {"b2f5"}, "query_id": {"q"}, "wait_end_of_query": {"1"}, "cancel_http_readonly_queries_on_client_close": {"1"},
		"send_progress_in_http_headers": {"1"}, "http_headers_progress_interval_ms": {"120000"}, "enable_http_compression": {"1"}}
	jdbc := url.Values{"compress": {"1"}, "extremes": {"0"}, "database": {"default"}, "default_format": {"RowBinaryWithNamesAndTypes"}, "result_overflow_mode": {"break"}, "max_result_rows": {"500"}}
	for _, one := range []struct {
		name       string
		parameters url.Values
		sql, holds string
	}{
		// clickhouse-connect 1.x: Superset and notebooks (driver/_backend/orchestration.py, cc_sqlalchemy/inspector.py)
		{"Superset", connect, "SELECT version(), timezone()", "\tUTC\n"},
		{"Superset", connect, "SELECT name, value, readonly as readonly FROM system.settings LIMIT 10000\n FORMAT Native", "date_time_input_format"},
		{"Superset", connect, "SELECT 1 AS check\n FORMAT Native", "\x01\x01\x05check\x05UInt8\x01"},
		{"Superset", connect, "SHOW DATABASES\n FORMAT Native", p.open},
		{"Superset", connect, "SHOW TABLES FROM " + p.open + "\n FORMAT Native", "carriers"},
		{"Superset", connect, "SELECT name FROM system.tables WHERE database = '" + p.open + "' AND engine LIKE '%View'\n FORMAT Native", "carriers"},
		{"Superset", connect, "DESCRIBE TABLE `" + p.open + "`.`carriers`\n FORMAT Native", "id of the carrier"},
		{"Superset", connect, "SELECT * FROM carriers WHERE 0\n FORMAT Native", "\x03\x00\x08campaign\x06String\x07carrier\x06String\x04name\x06String"},
		// clickhouse-jdbc: Metabase and DataEase (ClickHouseDatabaseMetaData)
		{"Metabase", jdbc, "select currentUser() as user, timezone() as timezone, version() as version", "timezone"},
		{"Metabase", jdbc, "select name as TABLE_SCHEM, null as TABLE_CATALOG from system.databases where name like '%'", p.open},
		{"Metabase", jdbc, "select database as TABLE_SCHEM, name as TABLE_NAME, case when engine like '%View' then 'VIEW' else 'TABLE' end as TABLE_TYPE, comment as REMARKS from system.tables where database like '%' and name like '%'", "carriers"},
		{"Metabase", jdbc, "select database as TABLE_SCHEM, table as TABLE_NAME, name as COLUMN_NAME, toInt32(1111) as DATA_TYPE, type as TYPE_NAME, cast(null as Nullable(Int32)) as DECIMAL_DIGITS, position(type, 'Nullable(') >= 1 ? 'YES' : 'NO' as IS_NULLABLE, default_expression as COLUMN_DEF, position as ORDINAL_POSITION FROM system.columns WHERE database LIKE '" + p.open + "' and table LIKE 'carriers' AND name LIKE '%'", "carrier"},
		{"Metabase", jdbc, "SELECT `" + p.open + "`.`carriers`.`carrier` AS `carrier`, count(*) AS `count` FROM `" + p.open + "`.`carriers` GROUP BY 1 ORDER BY 1 ASC", "screen"},
		{"DataEase", jdbc, "SELECT name, comment FROM system.tables where database='" + p.open + "'", "carriers"},
		{"DataEase", jdbc, "SELECT name, type, comment FROM system.columns WHERE database = '" + p.open + "' AND table = 'carriers'", "LowCardinality"},
		// linq2db's baselines for two .NET drivers
		{".NET", url.Values{}, "select name, comment, engine LIKE '%View' from system.tables where is_temporary = 0 and database = database()", "carriers"},
		{".NET", url.Values{}, "select hostName()", "\n"},
	} {
		holds := one.holds
		if holds == "LowCardinality" {
			holds = "String"
		}
		if got := p.ask(one.sql, one.parameters); got.status != http.StatusOK || !strings.Contains(got.body, holds) {
			t.Errorf("%s asks %s: %d %.300q", one.name, one.sql, got.status, got.body)
		}
	}
	for _, parameters := range []url.Values{connect, jdbc} {
		for _, sql := range []string{"INSERT INTO carriers VALUES ('a', 'b', 'c')", "INSERT INTO carriers FORMAT Native\n\x01\x01", "DROP VIEW carriers", "TRUNCATE TABLE " + p.db.Database() + ".carriers"} {
			if got := p.ask(sql, parameters); got.code() != "164" {
				t.Errorf("%s: %d %q %s", sql, got.status, got.code(), got.body)
			}
		}
	}
}

// goDriver uses the driver itself.
func goDriver(t *testing.T, p *port) {
	for _, method := range []ch.CompressionMethod{ch.CompressionNone, ch.CompressionLZ4} {
		conn, err := ch.Open(&ch.Options{Protocol: ch.HTTP, Addr: []string{p.Addr()}, Auth: ch.Auth{Database: p.open, Username: "reader", Password: p.token},
			Compression: &ch.Compression{Method: method}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.Ping(t.Context()); err != nil {
			t.Fatalf("compression %d: %v", method, err)
		}
		if version, err := conn.ServerVersion(); err != nil || version == nil {
			t.Errorf("version: %v %v", version, err)
		}
		var carrier, name string
		var n uint64
		if err := conn.QueryRow(t.Context(), "SELECT carrier, name, count() OVER () FROM carriers WHERE carrier = ? LIMIT 1", "bus").Scan(&carrier, &name, &n); err != nil || carrier != "bus" || name != "公交车'车身" || n != 1 {
			t.Errorf("compression %d: %s %s %d %v", method, carrier, name, n, err)
		}
		rows, err := conn.Query(t.Context(), "SELECT number, toString(number) FROM numbers(200000)")
		if err != nil {
			t.Fatal(err)
		}
		var read, sum uint64
		for rows.Next() {
			var text string
			if err := rows.Scan(&n, &text); err != nil {
				t.Fatal(err)
			}
			read++
			sum += n
		}
		if err := rows.Err(); err != nil || read != 200000 || sum != 19999900000 {
			t.Errorf("compression %d: %d rows, sum %d, %v", method, read, sum, err)
		}
		rows.Close()
		batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO carriers (campaign, carrier, name)")
		if err == nil {
			if err = batch.Append("c", "x", "y"); err == nil {
				err = batch.Send()
			}
		}
		if err == nil || !strings.Contains(err.Error(), "164") && !strings.Contains(err.Error(), "readonly") {
			t.Errorf("compression %d: a batch was answered %v", method, err)
		}
		if err := conn.Exec(t.Context(), "CREATE TABLE t (n UInt8) ENGINE = Memory"); err == nil {
			t.Error("a table was made")
		}
	}
}
