//! The whole program through its public routes: villagers on WeChat, clerks at the desk,
//! Tencent's servers played by `fake-wechat`. Each file is a subject.

mod cards;
mod clearing;
mod county;
mod danger;
mod departments;
mod desk_page;
mod duplicates;
mod hand_over;
mod her_own_cases;
mod hostile;
mod instances;
mod languages;
mod ledgers;
mod listings;
mod live_dialogs;
mod own_data;
mod phone;
mod rights;
mod seed;
mod shop;
mod sms_asked;
mod sms_called;
mod sms_channels;
mod sms_clouds;
mod sms_fallback;
mod sms_linking;
mod sms_many;
mod sms_talk;
mod sms_verbs;
mod store_faults;
mod the_loop;
mod understanding;
mod versions;
mod wechat_faults;
mod wechat_kinds;
