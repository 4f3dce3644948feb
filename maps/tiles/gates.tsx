<?xml version="1.0" encoding="UTF-8"?>
<tileset version="1.10" tiledversion="1.10.2" name="gates" tilewidth="80" tileheight="80" tilecount="25" columns="5">
 <image source="gates.png" width="400" height="400"/>
 <tile id="0" type="Door">
  <properties>
   <property name="at" type="float" value="0.0"/>
   <property name="facing" value="left"/>
  </properties>
 </tile>
 <tile id="1" type="Door">
  <properties>
   <property name="at" type="float" value="0.25"/>
   <property name="facing" value="left"/>
  </properties>
 </tile>
 <tile id="2" type="Door">
  <properties>
   <property name="at" type="float" value="0.5"/>
   <property name="facing" value="left"/>
  </properties>
 </tile>
 <tile id="3" type="Door">
  <properties>
   <property name="at" type="float" value="0.75"/>
   <property name="facing" value="left"/>
  </properties>
 </tile>
 <tile id="4" type="Door">
  <properties>
   <property name="at" type="float" value="1.0"/>
   <property name="facing" value="left"/>
  </properties>
 </tile>
 <tile id="5" type="Door">
  <properties>
   <property name="at" type="float" value="0.0"/>
   <property name="facing" value="right"/>
  </properties>
 </tile>
 <tile id="6" type="Door">
  <properties>
   <property name="at" type="float" value="0.25"/>
   <property name="facing" value="right"/>
  </properties>
 </tile>
 <tile id="7" type="Door">
  <properties>
   <property name="at" type="float" value="0.5"/>
   <property name="facing" value="right"/>
  </properties>
 </tile>
 <tile id="8" type="Door">
  <properties>
   <property name="at" type="float" value="0.75"/>
   <property name="facing" value="right"/>
  </properties>
 </tile>
 <tile id="9" type="Door">
  <properties>
   <property name="at" type="float" value="1.0"/>
   <property name="facing" value="right"/>
  </properties>
 </tile>
 <tile id="10" type="Door">
  <properties>
   <property name="at" type="float" value="0.0"/>
   <property name="facing" value="up"/>
  </properties>
 </tile>
 <tile id="11" type="Door">
  <properties>
   <property name="at" type="float" value="0.25"/>
   <property name="facing" value="up"/>
  </properties>
 </tile>
 <tile id="12" type="Door">
  <properties>
   <property name="at" type="float" value="0.5"/>
   <property name="facing" value="up"/>
  </properties>
 </tile>
 <tile id="13" type="Door">
  <properties>
   <property name="at" type="float" value="0.75"/>
   <property name="facing" value="up"/>
  </properties>
 </tile>
 <tile id="14" type="Door">
  <properties>
   <property name="at" type="float" value="1.0"/>
   <property name="facing" value="up"/>
  </properties>
 </tile>
 <tile id="15" type="Door">
  <properties>
   <property name="at" type="float" value="0.0"/>
   <property name="facing" value="down"/>
  </properties>
 </tile>
 <tile id="16" type="Door">
  <properties>
   <property name="at" type="float" value="0.25"/>
   <property name="facing" value="down"/>
  </properties>
 </tile>
 <tile id="17" type="Door">
  <properties>
   <property name="at" type="float" value="0.5"/>
   <property name="facing" value="down"/>
  </properties>
 </tile>
 <tile id="18" type="Door">
  <properties>
   <property name="at" type="float" value="0.75"/>
   <property name="facing" value="down"/>
  </properties>
 </tile>
 <tile id="19" type="Door">
  <properties>
   <property name="at" type="float" value="1.0"/>
   <property name="facing" value="down"/>
  </properties>
 </tile>
 <tile id="20" type="Portcullis">
  <properties>
   <property name="at" type="float" value="0.0"/>
  </properties>
 </tile>
 <tile id="21" type="Portcullis">
  <properties>
   <property name="at" type="float" value="0.25"/>
  </properties>
 </tile>
 <tile id="22" type="Portcullis">
  <properties>
   <property name="at" type="float" value="0.5"/>
  </properties>
 </tile>
 <tile id="23" type="Portcullis">
  <properties>
   <property name="at" type="float" value="0.75"/>
  </properties>
 </tile>
 <tile id="24" type="Portcullis">
  <properties>
   <property name="at" type="float" value="1.0"/>
  </properties>
 </tile>
</tileset>
