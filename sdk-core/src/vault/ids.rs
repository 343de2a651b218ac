use std::{fmt, str::FromStr};

use countersign_protocol::InvalidField;
use data_encoding::HEXLOWER;

use crate::ports::{Random, RandomError};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $field:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// A new id, 128 random bits.
            ///
            /// # Errors
            /// [`RandomError`].
            pub fn random(random: &dyn Random) -> Result<Self, RandomError> {
                random.bytes().map(Self)
            }

            /// The 16 bytes.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = InvalidField;

            fn try_from(bytes: &[u8]) -> Result<Self, InvalidField> {
                bytes.try_into().map(Self).map_err(|_| {
                    InvalidField::new($field, "is not 16 bytes long", "pass the id exactly as it was given out")
                })
            }
        }

        impl FromStr for $name {
            type Err = InvalidField;

            fn from_str(text: &str) -> Result<Self, InvalidField> {
                let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| {
                    InvalidField::new($field, "is not lower-case hex", "pass the id exactly as it was given out")
                })?;
                bytes.as_slice().try_into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    )*};
}

ids! {
    /// Names a vault. As text, 32 lower-case hexadecimal digits.
    VaultId, "vault_id";
    /// Names an item in a vault; it says nothing about what the item is. As text, 32 lower-case hexadecimal digits.
    ItemId, "item_id";
    /// Names a key slot of a vault; a slot that is written anew has a new id. As text, as the others.
    SlotId, "slot_id";
}
