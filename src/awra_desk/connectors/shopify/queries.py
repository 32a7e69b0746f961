"""Every question this desk asks of Shopify, as text. The tests validate and execute them on the official schemas of all
versions named here.

A query may cost 1,000 points at most (an object costs 1, a connection 2 and what its `first` multiplies): what is
inside an order is asked for in small numbers, and again, alone, where there is more of it.
"""

VERSION = "2026-10"
PROVEN = ("2025-10", "2026-01", "2026-04", "2026-07", "2026-10")
"""The API version asked for, and those on whose schemas the queries are proven. Shopify answers in another one ("falls
forward") once the one asked for is no longer supported.
"""

ORDERS_FIRST, TRANSACTIONS_FIRST, REFUNDS_FIRST, MEMBERS_FIRST = 9, 5, 2, 5
LINES_FIRST = 2  # tells whether an order has one SKU; what has more lines than this is a mixed basket
PAYMENTS_FIRST = 80  # a balance transaction costs 9 points and up
MOST_IN_ORDER = 80  # of transactions or refunds, asked for alone
LARGEST = 250  # what any `first` may be

_MONEY = "{ amount currencyCode }"
_BAG = f"{{ shopMoney {_MONEY} presentmentMoney {_MONEY} }}"
_SHOP = f"{{ shopMoney {_MONEY} }}"
_PAGE = "pageInfo { hasNextPage endCursor }"

_TRANSACTIONS = f"""{{
  id kind status test gateway paymentId createdAt processedAt settlementCurrency settlementCurrencyRate
  amountSet {_BAG}
  fees {{ type amount {_MONEY} taxAmount {_MONEY} }}
}}"""

_REFUNDS = f"""{{
  id createdAt totalRefundedSet {_SHOP}
  transactions(first: {MEMBERS_FIRST}) {{ {_PAGE} nodes {{ id }} }}
}}"""

_ORDER = f"""
  id name createdAt processedAt updatedAt cancelledAt test currencyCode displayFinancialStatus
  totalPriceSet {_SHOP} netPaymentSet {_SHOP} totalRefundedSet {_SHOP}
  transactionsCount {{ count precision }}
  taxLines {{ title }}
  lineItems(first: {LINES_FIRST}) {{ pageInfo {{ hasNextPage }} nodes {{ sku }} }}
"""

ORDERS = f"""
query Orders($first: Int!, $after: String, $query: String) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    {_PAGE}
    nodes {{
      {_ORDER}
      transactions(first: {TRANSACTIONS_FIRST}) {_TRANSACTIONS}
      refunds(first: {REFUNDS_FIRST}) {_REFUNDS}
    }}
  }}
}}"""

ORDER_TRANSACTIONS = f"""
query OrderTransactions($id: ID!, $first: Int!) {{
  order(id: $id) {{ id transactions(first: $first) {_TRANSACTIONS} }}
}}"""

ORDER_REFUNDS = f"""
query OrderRefunds($id: ID!, $first: Int!) {{
  order(id: $id) {{ id refunds(first: $first) {_REFUNDS} }}
}}"""

REFUND_TRANSACTIONS = f"""
query RefundTransactions($id: ID!, $first: Int!, $after: String) {{
  refund(id: $id) {{ id transactions(first: $first, after: $after) {{ {_PAGE} nodes {{ id }} }} }}
}}"""

BALANCE_TRANSACTIONS = f"""
query BalanceTransactions($first: Int!, $after: String, $query: String) {{
  shopifyPaymentsAccount {{
    balanceTransactions(first: $first, after: $after, query: $query, sortKey: PROCESSED_AT) {{
      {_PAGE}
      nodes {{
        id type test transactionDate amount {_MONEY} fee {_MONEY} net {_MONEY}
        sourceId sourceType sourceOrderTransactionId adjustmentReason
        associatedOrder {{ id name }}
        associatedPayout {{ id status }}
        adjustmentsOrders {{ name orderTransactionId amount {_MONEY} fees {_MONEY} net {_MONEY} }}
      }}
    }}
  }}
}}"""

PAYOUTS = f"""
query Payouts($first: Int!, $after: String, $query: String) {{
  shopifyPaymentsAccount {{
    payouts(first: $first, after: $after, query: $query, sortKey: ISSUED_AT) {{
      {_PAGE}
      nodes {{ id legacyResourceId issuedAt status transactionType externalTraceId net {_MONEY} }}
    }}
  }}
}}"""

DISPUTES = f"""
query Disputes($first: Int!, $after: String, $query: String) {{
  shopifyPaymentsAccount {{
    disputes(first: $first, after: $after, query: $query) {{
      {_PAGE}
      nodes {{
        id type status initiatedAt evidenceDueBy finalizedOn amount {_MONEY}
        order {{ id name }}
        reasonDetails {{ reason networkReasonCode }}
      }}
    }}
  }}
}}"""

BALANCE = f"query Balance {{ shopifyPaymentsAccount {{ balance {_MONEY} }} }}"

SCOPES = "query Scopes { currentAppInstallation { accessScopes { handle } } }"

ORDERS_COUNT = "query OrdersCount { ordersCount(limit: null) { count precision } }"
