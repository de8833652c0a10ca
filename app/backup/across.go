package backup

import (
	"context"
	"errors"
	"fmt"
	"os"

	"shuixuan/app/clickhouse"
)

// across restores parts into an engine of their own first, and reads the rows from there into
// the server.
func (r *restore) across(ctx context.Context) (err error) {
	server, err := clickhouse.Open(ctx, clickhouse.Config{DSN: r.to.DSN, Log: r.to.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if err := emptyDatabase(ctx, server); err != nil {
		return err
	}
	aside, err := os.MkdirTemp(r.to.Data, "aside-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	if err := r.into(ctx, clickhouse.Config{Dir: aside, Log: r.to.Log}, r.to.Data); err != nil {
		return err
	}
	scratch, err := clickhouse.Open(ctx, clickhouse.Config{Dir: aside, Log: r.to.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	if err := server.BeginRestore(ctx, r.m.Schema); err != nil {
		return err
	}
	for i := range r.result.Tables {
		if err := r.carry(ctx, scratch, server, &r.result.Tables[i]); err != nil {
			return err
		}
	}
	return server.EndRestore(ctx, r.m.Schema)
}

// carry reads a table from one database into another.
func (r *restore) carry(ctx context.Context, from, to *clickhouse.DB, t *Counted) error {
	t.Expected = 0
	err := from.Blocks(ctx, t.Name, func(native []byte, rows int) error {
		t.Expected += uint64(rows)
		r.step(r.done, r.of, fmt.Sprintf("写入服务器：%s，%d行", t.Name, t.Expected))
		return to.PutBlock(ctx, t.Name, native)
	})
	if err != nil {
		return err
	}
	if t.Found, err = to.Count(ctx, t.Name); err != nil {
		return err
	}
	if t.Found != t.Expected {
		return fmt.Errorf("%s has %d rows on the server, want %d", t.Name, t.Found, t.Expected)
	}
	return nil
}
