/* syntax.h - what the texts of postern.yaml have to look like.  Pure. */
#ifndef POSTERN_SYNTAX_H
#define POSTERN_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "127.0.0.1:8080", "[::1]:8080", "localhost:8080"; port 1 to 65535. */
bool syntax_listen(const char *text);
/* An allow entry: host:port, address:port, 10.0.0.0/8:443, [fd00::]/8:443. */
bool syntax_target(const char *text);
/* A host name or address literal without port. */
bool syntax_host(const char *text, size_t len);
/* Path of a webhook: 32 to 128 of [A-Za-z0-9_-], not visibly made by hand. */
bool syntax_hook_path(const char *text);
/* The 16 German Laender: "BE". */
const char *const *syntax_lands(size_t *ret_len);
/* "Europe/Berlin"; whether it exists is another question. */
bool syntax_zone(const char *text);
/* "2027-03-01", a date that exists. */
bool syntax_date(const char *text);
/* One "@" between two parts without blanks. */
bool syntax_mailbox(const char *text);
bool syntax_digits(const char *text);
/* Printable UTF-8 without control bytes. */
bool syntax_plain(const char *text);

struct url {
	bool https;
	char host[256]; /* without brackets */
	uint16_t port;
};
/* http or https, a host, optional port, path and query; no user, no
 * fragment, no control or space byte. */
bool syntax_url(const char *text, struct url *ret);
/* Is the host and port of a URL named by the allow entries?  An address
 * literal is also matched against CIDR entries; names are not looked up. */
bool syntax_url_allowed(const struct url *url, const char *const *allow,
			size_t allow_len);

#endif
