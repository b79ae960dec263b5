//! A photo that somebody of the county adds to a case: the paper by which a villager lets an agent
//! act for her, or what it looks like on the spot.

use crate::desk::{self, Case, Command};
use crate::store::records::MediaKind;
use crate::store::{keys, load};

use super::views::{CommandError, Session};
use super::{Office, random};

pub const PHOTO_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a file begins with, whatever it is called.
const KINDS: [(&[u8], &str); 3] =
    [(b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n", "image/png"), (b"GIF8", "image/gif")];

pub(super) fn kind_of_photo(bytes: &[u8]) -> Option<&'static str> {
    KINDS.iter().find(|(head, _)| bytes.starts_with(head)).map(|(_, kind)| *kind)
}

impl Office {
    /// `text` says what is to be seen on it. It stands among what she sent herself.
    pub async fn add_photo(
        &self,
        session: &Session,
        number: &str,
        revision: u32,
        text: &str,
        bytes: &[u8],
    ) -> Result<(), CommandError> {
        let case = load::<Case>(&*self.store, keys::case(number)).await?;
        let case = case.filter(|case| self.sees(session, &case.record));
        let case = case.ok_or(CommandError::NotFound)?.record;
        let refused = |text: &str| CommandError::Field("photo", text.to_owned());
        if bytes.len() > PHOTO_BYTES_MAX {
            return Err(refused("照片太大，最多4MB。请把照片的尺寸调小再传。"));
        }
        let Some(kind) = kind_of_photo(bytes) else {
            return Err(refused("这不是照片。请传 JPG、PNG 或 GIF。"));
        };
        let id = format!("desk-{}", random::hex::<12>());
        let add = Command::Supplement {
            text: text.trim().to_owned(),
            photos: vec![id.clone()],
            voices: Vec::new(),
        };
        // No file is kept for a step that is not hers.
        let tables = self.tables();
        let (by, now) = (session.actor(), self.clock.now());
        desk::decide(Some(&case), add.clone(), &by, now, &tables.rules())
            .map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
        self.keep_now(&id, MediaKind::Photo, kind, bytes).await?;
        self.step_case(number, revision, add, &session.actor()).await
    }
}
