package workbook

import (
	"bytes"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/dashboards/dashboardstest"
)

func TestLate(t *testing.T) {
	madeAt := time.Date(2014, 10, 27, 1, 30, 0, 0, time.UTC)
	var out bytes.Buffer
	if err := Late(&out, dashboardstest.Plan(), dashboardstest.Todo(), dashboardstest.Day(11, 3), madeAt); err != nil {
		t.Fatal(err)
	}
	keep("late", out.Bytes())
	golden(t, "late", out.Bytes())
	if err := Late(&out, dashboardstest.Plan(), &analytics.Todo{AsOf: dashboardstest.Day(10, 27)}, dashboardstest.Day(11, 3), madeAt); err != nil {
		t.Errorf("an empty list: %v", err)
	}
}
