// A bare Vendure on PostgreSQL for the tests: no admin UI, no plugins, a card processor that does what its metadata says.
// The database and the port come from the environment (PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PORT); FOLDER is
// where it may write. Prints READY when it listens.
const { bootstrap, DefaultLogger, LogLevel, PaymentMethodHandler, LanguageCode } = require('@vendure/core');

const { PORT, PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, FOLDER } = process.env;

// Settles at once unless told to authorise only; refuses refunds of a payment that was told so.
const processor = new PaymentMethodHandler({
    code: 'test-processor',
    description: [{ languageCode: LanguageCode.en, value: 'Test processor' }],
    args: {},
    createPayment: (ctx, order, amount, args, metadata) => ({
        amount,
        state: metadata.authorizeOnly ? 'Authorized' : 'Settled',
        transactionId: metadata.transactionId || `tp_${order.code}`,
        metadata,
    }),
    settlePayment: () => ({ success: true }),
    createRefund: (ctx, input, amount, order, payment) =>
        payment.metadata.failRefund
            ? { state: 'Failed', metadata: { reason: 'refused by processor' } }
            : { state: 'Settled', transactionId: `re_${payment.transactionId}` },
});

bootstrap({
    apiOptions: {
        hostname: '127.0.0.1', port: Number(PORT), adminApiPath: 'admin-api', shopApiPath: 'shop-api',
        adminListQueryLimit: 50, cors: false,
    },
    authOptions: {
        tokenMethod: ['bearer'], requireVerification: false,
        superadminCredentials: { identifier: 'superadmin', password: 'superadmin' },
    },
    dbConnectionOptions: {
        type: 'postgres', host: PGHOST, port: Number(PGPORT), username: PGUSER, password: PGPASSWORD,
        database: PGDATABASE, synchronize: process.env.SYNCHRONIZE === '1',
    },
    paymentOptions: { paymentMethodHandlers: [processor] },
    importExportOptions: { importAssetsDir: FOLDER },
    logger: new DefaultLogger({ level: LogLevel.Warn }),
    plugins: [],
}).then(() => console.log('READY')).catch(error => { console.error(error); process.exit(1); });
