//! voucher
