#[tokio::main]
async fn main(){ let l=tokio::net::TcpListener::bind("127.0.0.1:8099").await.unwrap();
 tracing_subscriber::fmt().init();
 let r=bianmin::web::router(bianmin::office::fake()).layer(axum::middleware::map_request(|mut q:axum::extract::Request| async move { if !q.uri().path().contains("sign-in") && !q.headers().contains_key("cookie") {let v=if q.uri().path().contains("password"){"desk=new"}else{"desk=t; desk_done=reply"}; q.headers_mut().insert("cookie",v.parse().unwrap());} q}));
 bianmin::web::serve(l,r,Default::default(),Default::default()).await }
