package clickhouse_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"shuixuan/app/clickhouse"
)

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// TestValues: what is inserted comes back, for each type the schema uses.
func TestValues(t *testing.T) {
	text := "后坐力"
	number := int32(-7)
	for _, c := range []struct {
		typ    string
		values []any
	}{
		{"String", anySlice(hostile)},
		{"LowCardinality(String)", anySlice(hostile)},
		{"Nullable(String)", []any{&text, (*string)(nil)}},
		{"LowCardinality(Nullable(String))", []any{(*string)(nil), &text}},
		{"Nullable(Int32)", []any{&number, (*int32)(nil)}},
		{"Bool", []any{true, false}},
		{"UInt8", []any{uint8(0), uint8(255)}},
		{"UInt16", []any{uint16(0), uint16(65535)}},
		{"UInt32", []any{uint32(0), uint32(4294967295)}},
		{"UInt64", []any{uint64(0), uint64(18446744073709551615)}},
		{"Int8", []any{int8(-128), int8(127)}},
		{"Int32", []any{int32(-2147483648), int32(2147483647)}},
		{"Int64", []any{int64(-9223372036854775808), int64(9223372036854775807)}},
		{"Float64", []any{0.0, -0.1, 77.12, 1e308, 5e-324}},
		// Date holds the days 0 to 65535 after 1970-01-01.
		{"Date", []any{day(1970, 1, 1), day(2024, 2, 29), day(2149, 6, 6)}},
		{"DateTime64(3, 'UTC')", []any{day(1900, 1, 1), time.Date(2026, 3, 22, 23, 59, 59, 999e6, time.UTC)}},
		{"UUID", []any{uuid.Nil, uuid.MustParse("0190163d-8694-739b-aea5-966c26f8ad91")}},
		{"Decimal(18, 4)", []any{decimal.RequireFromString("-99999999999999.9999"), decimal.RequireFromString("77.1200")}},
		{"Array(String)", []any{[]string{}, hostile}},
		{"Map(LowCardinality(String), Array(LowCardinality(String)))", []any{
			map[string][]string{},
			map[string][]string{"见过的宣传": {"公交站", "社区栏"}, "it's": {}},
		}},
		{"Map(String, Float64)", []any{map[string]float64{}, map[string]float64{"河道水质": 4.5, "排水": -1}}},
		{"Enum8('draft' = 1, '待创建办明确' = 2)", []any{"draft", "待创建办明确"}},
	} {
		t.Run(c.typ, func(t *testing.T) {
			contract(t, func(t *testing.T, db *clickhouse.DB) {
				run(t, db, "CREATE TABLE t (n UInt32, v "+c.typ+") ENGINE = MergeTree ORDER BY n"+durable)
				err := db.Insert(t.Context(), "INSERT INTO t (n, v)", func(b driver.Batch) error {
					for i, v := range c.values {
						if err := b.Append(uint32(i), v); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				rows, err := db.Query(t.Context(), "SELECT v FROM t ORDER BY n")
				if err != nil {
					t.Fatal(err)
				}
				defer rows.Close()
				var read int
				for ; rows.Next(); read++ {
					got := reflect.New(reflect.TypeOf(c.values[read]))
					if err := rows.Scan(got.Interface()); err != nil {
						t.Fatal(err)
					}
					checkEqual(t, got.Elem().Interface(), c.values[read])
				}
				if err := rows.Err(); err != nil || read != len(c.values) {
					t.Errorf("read %d of %d values: %v", read, len(c.values), err)
				}
			})
		})
	}
}

func checkEqual(t *testing.T, got, want any) {
	t.Helper()
	switch w := want.(type) {
	case time.Time:
		if !got.(time.Time).Equal(w) {
			t.Errorf("got %v, want %v", got, want)
		}
	case decimal.Decimal:
		if !got.(decimal.Decimal).Equal(w) {
			t.Errorf("got %v, want %v", got, want)
		}
	default:
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %.200q, want %.200q", fmt.Sprint(got), fmt.Sprint(want))
		}
	}
}

func anySlice(texts []string) []any {
	var values []any
	for _, s := range texts {
		values = append(values, s)
	}
	return values
}

// TestBinding: a bound value is a value, whatever it looks like.
func TestBinding(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		for _, text := range hostile {
			if got := value[string](t, db, "SELECT toString(?)", text); got != text {
				t.Errorf("positional: got %.80q, want %.80q", got, text)
			}
			if got := value[string](t, db, "SELECT toString(@text)", ch.Named("text", text)); got != text {
				t.Errorf("named: got %.80q, want %.80q", got, text)
			}
		}
		if got := value[uint64](t, db, "SELECT count() FROM numbers(100) WHERE number IN (?)", []uint64{3, 5, 200}); got != 2 {
			t.Errorf("list: %d of the numbers below 100 are 3, 5 or 200; want 2", got)
		}
		if got := value[string](t, db, "SELECT toString(toDate(?))", day(2026, 3, 22)); got != "2026-03-22" {
			t.Errorf("date: got %s", got)
		}
		at := time.Date(2026, 3, 22, 8, 0, 0, 123e6, time.FixedZone("Asia/Shanghai", 8*3600))
		got := value[time.Time](t, db, "SELECT toDateTime64(@at, 3, 'UTC')", ch.DateNamed("at", at, ch.MilliSeconds))
		if !got.Equal(at) {
			t.Errorf("instant: got %v, want %v", got, at)
		}
	})
}

// TestEmpty: no rows still have columns, which a page and a workbook print.
func TestEmpty(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		run(t, db, "CREATE TABLE t (`单位` LowCardinality(String), n UInt64) ENGINE = MergeTree ORDER BY n"+durable)
		for _, query := range []string{
			"SELECT `单位`, n FROM t",
			"SELECT `单位`, n FROM t WHERE n = 1; ",
			"WITH 1 AS x SELECT `单位`, n FROM t -- a comment",
		} {
			rows, err := db.Query(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			if got := rows.Columns(); !reflect.DeepEqual(got, []string{"单位", "n"}) {
				t.Errorf("%s: columns %v", query, got)
			}
			if types := rows.ColumnTypes(); len(types) != 2 || types[0].DatabaseTypeName() != "LowCardinality(String)" {
				t.Errorf("%s: types %v", query, types)
			}
			if rows.Next() || rows.Err() != nil {
				t.Errorf("%s: a row, or error %v", query, rows.Err())
			}
			if err := rows.Close(); err != nil {
				t.Error(err)
			}
		}
		if got := value[uint64](t, db, "SELECT sum(n) FROM t"); got != 0 {
			t.Errorf("sum of nothing is %d", got)
		}
	})
}
