package spotcheck

import (
	"os"
	"testing"

	"shuixuan/app/clickhouse/clickhousetest"
)

func TestMain(m *testing.M) { os.Exit(clickhousetest.Main(m)) }
