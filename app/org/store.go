package org

import (
	"context"
	"errors"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// Store keeps units.
type Store struct{ units *revision.Table[Unit] }

// NewStore gives the store kept in db.
func NewStore(db *clickhouse.DB, log *audit.Log) *Store {
	return &Store{units: revision.NewTable[Unit](db, log, "units", "unit")}
}

// Units lists the units of a campaign by id.
func (s *Store) Units(ctx context.Context, campaign string) ([]Unit, error) {
	held, err := s.units.List(ctx, campaign)
	if err != nil {
		return nil, err
	}
	units := make([]Unit, 0, len(held))
	for _, h := range held {
		units = append(units, h.Thing)
	}
	return units, nil
}

// History gives every revision of every unit of a campaign.
func (s *Store) History(ctx context.Context, campaign string) ([]revision.Held[Unit], error) {
	return s.units.History(ctx, campaign)
}

// Resolver gives the resolver of a campaign's units.
func (s *Store) Resolver(ctx context.Context, campaign string) (*Resolver, error) {
	units, err := s.Units(ctx, campaign)
	if err != nil {
		return nil, err
	}
	return NewResolver(units), nil
}

// Unit gives one unit with its revision.
func (s *Store) Unit(ctx context.Context, campaign string, id UnitID) (revision.Held[Unit], error) {
	held, err := s.units.Current(ctx, campaign, string(id))
	if errors.Is(err, revision.ErrNotFound) {
		return held, problem.NotFound("这个单位").Because(err)
	}
	return held, err
}

// PutAll writes the next revisions of several units over whatever holds, all or none,
// and answers which of them changed.
func (s *Store) PutAll(ctx context.Context, actor audit.Actor, campaign string, units []Unit) ([]bool, error) {
	for _, u := range units {
		if err := u.Validate(); err != nil {
			return nil, err
		}
	}
	differs, err := s.units.Replace(ctx, actor, "unit.put", campaign, units, func(u Unit) string { return string(u.ID) })
	return differs, changed(err)
}

// Put writes the next revision of a unit; expected is 0 for a new one.
func (s *Store) Put(ctx context.Context, actor audit.Actor, campaign string, u Unit, expected uint32) (uint32, error) {
	if err := u.Validate(); err != nil {
		return 0, err
	}
	held, err := s.Units(ctx, campaign)
	if err != nil {
		return 0, err
	}
	if err := u.fits(held); err != nil {
		return 0, err
	}
	rev, err := s.units.Put(ctx, actor, "unit.put", campaign, string(u.ID), u, expected)
	return rev, changed(err)
}

// changed turns a lost race into words.
func changed(err error) error {
	if errors.Is(err, revision.ErrConflict) {
		return problem.Conflict("这个单位刚被别人改过", "请重新打开页面，看过新内容后再修改。").Because(err)
	}
	return err
}
