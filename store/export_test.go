package store

import (
	"context"

	"entente/exchange"
)

// Raw runs SQL on the connection of the writer, in the act's transaction.
func Raw(ctx context.Context, t exchange.Tx, statement string) error {
	return t.(*tx).q.raw(ctx, statement)
}
