/* redact_issuers.h - which numbers of accounts and cards are issued at all.
 *
 * A check digit alone is met by chance: by one telephone number in ten (Luhn),
 * and by one order number in five if an account number may have any length
 * (mod 97).  What is taken out before it is stored does not come back. */
#ifndef POSTERN_POLICY_REDACT_ISSUERS_H
#define POSTERN_POLICY_REDACT_ISSUERS_H

#include <stdbool.h>
#include <stddef.h>

/* Characters of an IBAN of the country, two large letters; 0: it has none.
 * Source: ISO 13616, the registry of SWIFT. */
size_t issuers_iban_len(const char *country);

/* Does a card number of 13 to 19 digits begin like this, four digits?
 * Source: ISO/IEC 7812-1, ranges as the schemes publish them. */
bool issuers_card(const char *digits, size_t len);

#endif
