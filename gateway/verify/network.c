/* network.c - what libcrypto wants of its network code, refused.
 *
 * Time stamps are checked with OpenSSL.  In a static link its X.509 code pulls
 * in an HTTP client (to fetch CRLs), that pulls in sockets, those pull in the
 * name resolution of the C library, and none of it is ever called: nothing here
 * gives a URL to OpenSSL.  A program that is handed to an auditor as one "with
 * no network code" must not hold it unused either.  So the few functions by
 * which the rest of libcrypto enters those members of the archive are defined
 * here, as refusals; the linker then leaves the members out, and
 * tests/e2e/59-ledger-verbs.py looks for the names that would tell otherwise.
 *
 * If a later OpenSSL needs another one, the link fails with a name defined
 * twice, or that test does; both are noticed.  Another library for CMS was
 * rejected: a second reader of the same ASN.1 would be a second opinion about
 * what is signed.
 *
 * The same is done to engines that are loaded from files or from the kernel. */
#include <stddef.h>

/* No header of OpenSSL declares all of them for us. */
void *OSSL_HTTP_get(void);
int bio_sock_cleanup_int(void);
int BIO_sock_should_retry(int rc);
int BIO_sock_error(int socket);
int BIO_socket_wait(int socket, int for_read, long until);
int do_bio_lookup_init_ossl_(void);
int do_bio_lookup_init_ossl_ret_(void);
void engine_load_afalg_int(void);
void engine_load_dynamic_int(void);
const void *DSO_METHOD_openssl(void);
extern void *bio_lookup_lock;

void *bio_lookup_lock;

void *OSSL_HTTP_get(void)
{
	return NULL;
}

int bio_sock_cleanup_int(void)
{
	return 1;
}

int BIO_sock_should_retry(int rc)
{
	(void)rc;
	return 0;
}

int BIO_sock_error(int socket)
{
	(void)socket;
	return -1;
}

int BIO_socket_wait(int socket, int for_read, long until)
{
	(void)socket;
	(void)for_read;
	(void)until;
	return -1;
}

int do_bio_lookup_init_ossl_(void)
{
	return 0;
}

int do_bio_lookup_init_ossl_ret_(void)
{
	return 0;
}

void engine_load_afalg_int(void)
{
}

void engine_load_dynamic_int(void)
{
}

const void *DSO_METHOD_openssl(void)
{
	return NULL;
}
