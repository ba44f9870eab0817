package client

import (
	"context"

	"entente/exchange"
)

// WhatIf replays the node's decisions under a draft and changes nothing.
func (c *Client) WhatIf(ctx context.Context, r exchange.WhatIfRequest) (exchange.WhatIf, error) {
	return post[exchange.WhatIf](ctx, c, "/v1/instruments/what-if", r)
}
