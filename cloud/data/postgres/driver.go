// Package postgres lets package data work on PostgreSQL with the same queries
// and the same schema files as on SQLite: a driver that rewrites queries, and a
// translator of the schema.
package postgres

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// Limits of the pool. A cloud's node has many short transactions.
const (
	maxConnections = 16
	maxIdle        = 8
	idleFor        = 5 * time.Minute
	connectWithin  = 5 * time.Second
)

// Schemes begin an address of PostgreSQL.
var Schemes = []string{"postgres://", "postgresql://"}

// Is says whether an address is PostgreSQL's.
func Is(address string) bool {
	for _, s := range Schemes {
		if strings.HasPrefix(address, s) {
			return true
		}
	}
	return false
}

// Check says what is wrong with an address, without its password. A server
// elsewhere must be reached by TLS that is verified (P15).
func Check(address string) error {
	_, err := parse(address)
	return err
}

func parse(address string) (*pgx.ConnConfig, error) {
	if !Is(address) {
		return nil, errors.New("the database's address must begin with postgres://")
	}
	c, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	hosts := []*pgconn.FallbackConfig{{Host: c.Host, TLSConfig: c.TLSConfig}}
	for _, h := range append(hosts, c.Fallbacks...) {
		if !local(h.Host) && !verified(h.TLSConfig) {
			return nil, fmt.Errorf("the database at %s is not on this machine: add sslmode=verify-full, and sslrootcert where its certificate is not a public one", h.Host)
		}
	}
	return c, nil
}

func verified(c *tls.Config) bool { return c != nil && !c.InsecureSkipVerify }

func local(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// Open makes a pool; nothing is connected before it is used.
func Open(address string) (*sql.DB, error) {
	config, err := parse(address)
	if err != nil {
		return nil, err
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectWithin
	}
	for name, value := range map[string]string{
		"application_name": "beckmanconnect-cloud",
		// A scan locks a whole table against serializable writers: every query
		// has its index. What is priced so high is not worth compiling.
		"enable_seqscan":                      "off",
		"jit":                                 "off",
		"lock_timeout":                        "10s",
		"idle_in_transaction_session_timeout": "60s",
	} {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	pool := sql.OpenDB(connector{stdlib.GetConnector(*config)})
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxIdle)
	pool.SetConnMaxIdleTime(idleFor)
	return pool, nil
}

type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	own, ok := inner.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("postgres: a connection of another kind: %T", inner), inner.Close())
	}
	return conn{own}, nil
}

// conn is pgx's connection, which is given rewritten queries.
type conn struct{ *stdlib.Conn }

func (c conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (c conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.Conn.PrepareContext(ctx, Rewrite(query))
}

func (c conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.ExecContext(ctx, Rewrite(query), args)
}

func (c conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.QueryContext(ctx, Rewrite(query), args)
}

// CheckNamedValue: values are those that SQLite knows too; a bool is 0 or 1.
func (c conn) CheckNamedValue(v *driver.NamedValue) (err error) {
	if v.Value, err = driver.DefaultParameterConverter.ConvertValue(v.Value); err != nil {
		return err
	}
	if b, ok := v.Value.(bool); ok {
		v.Value = int64(0)
		if b {
			v.Value = int64(1)
		}
	}
	return nil
}

// Again says whether a transaction failed only because others ran beside it.
func Again(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01")
}

// Away says whether an error means that the server cannot be reached, or is
// going away: nothing is wrong with what was asked.
func Away(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "57P") || strings.HasPrefix(e.Code, "53")
	}
	var (
		connect *pgconn.ConnectError
		network *net.OpError
	)
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || pgconn.SafeToRetry(err) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrUnexpectedEOF)
}
