package main

import (
	"context"
	"net/netip"

	"shuixuan/app/internal/opendata"
	"shuixuan/app/internal/web"
)

// openData opens the read-only interface beside the pages, where an address is given for it.
func (p *program) openData(s *session, c *serveCommand, pages *web.Server) (*opendata.Server, error) {
	if c.OpenListen == "" {
		return nil, nil
	}
	outside, err := opendata.New(p.db, opendata.Config{Outsider: p.auth.Outsider, Secure: pages.Secure(), Logger: s.log})
	if err != nil {
		return nil, err
	}
	if err := outside.Open(c.OpenListen); err != nil {
		return nil, listenProblem("--open-listen", c.OpenListen, err)
	}
	if at, err := netip.ParseAddrPort(outside.Addr()); c.TLSCert == "" && (err != nil || !at.Addr().IsLoopback()) {
		s.say("注意：只读数据接口没有加密，令牌和数据在网络上是明文。请用 --tls-cert 和 --tls-key，或只监听 127.0.0.1。")
	}
	return outside, nil
}

// stopOutside ends the interface, if there is one.
func stopOutside(ctx context.Context, outside *opendata.Server) error {
	if outside == nil {
		return nil
	}
	return outside.Shutdown(ctx)
}

type openUserCommand struct {
	Name     string `help:"Name of the user. Its password is read from stdin." default:"shuixuan_reader"`
	Campaign string `help:"Id of the campaign that it reads; empty: every campaign." placeholder:"C"`
}

// Run prints the SQL that makes a read-only user on a server of ClickHouse, for whoever rules it.
func (c *openUserCommand) Run(s *session) error {
	if s.cli.ClickHouse == "" {
		return wrongWords("open-user 只用于 ClickHouse 服务器，请用 --clickhouse 写明地址。内置引擎请用 serve --open-listen 和 token add --role open")
	}
	password, err := passwordFlags{PasswordStdin: true}.password(s)
	if err != nil {
		return err
	}
	return s.with(func(p *program) error {
		sql := p.db.OpenUser(c.Name, password, c.Campaign)
		if !s.cli.JSON {
			_, err := s.stdout.Write([]byte(sql))
			return err
		}
		return s.answer(map[string]string{"sql": sql})
	})
}
