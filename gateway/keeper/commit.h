/* commit.h - an audit commitment from the payload's SHA-256 alone, so that
 * the payload itself need not travel to the keeper. */
#ifndef POSTERN_KEEPER_COMMIT_H
#define POSTERN_KEEPER_COMMIT_H

#include <stdint.h>

void audit_commitment_digest(const uint8_t audit_key[32], const char *record_id,
			     const uint8_t digest[32], uint8_t ret[32]);

#endif
